SELECT ${EVENT} FROM events e WHERE e.session = $1 AND e.ordinal > $2 ORDER BY e.ordinal LIMIT $3
