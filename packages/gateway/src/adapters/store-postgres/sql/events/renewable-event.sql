${RENEWABLE} AND e.ordinal = $2 FOR UPDATE OF e
