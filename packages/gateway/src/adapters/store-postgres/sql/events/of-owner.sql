SELECT ${EVENT}, e.seq FROM events e WHERE e.owner = $1 AND e.seq > coalesce((
  SELECT seq FROM events WHERE session = $2 AND ordinal = $3 AND owner = $1
), 0) ORDER BY e.seq LIMIT $4
