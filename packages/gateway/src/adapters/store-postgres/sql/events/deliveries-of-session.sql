SELECT ${DELIVERY} FROM events e WHERE e.session = $1 ORDER BY e.ordinal LIMIT $2
