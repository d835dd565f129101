SELECT seq, session FROM events WHERE delivery = 'dead' AND seq > $1 ORDER BY seq LIMIT $2
