${RENEWABLE} AND e.delivery = 'dead' AND NOT k.stopped AND e.seq > $2 AND e.seq <= $3 FOR UPDATE OF e
