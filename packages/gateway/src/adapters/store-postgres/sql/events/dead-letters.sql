SELECT ${DELIVERY} FROM events e WHERE e.delivery = 'dead' ORDER BY e.seq LIMIT $1
