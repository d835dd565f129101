SELECT * FROM changes WHERE ($1::bigint IS NULL OR number < $1) AND ($2::text IS NULL OR kind = $2)
  AND ($3::text IS NULL OR name = $3) ORDER BY number DESC LIMIT $4
