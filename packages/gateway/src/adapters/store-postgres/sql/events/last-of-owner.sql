SELECT session, ordinal FROM events WHERE owner = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1
