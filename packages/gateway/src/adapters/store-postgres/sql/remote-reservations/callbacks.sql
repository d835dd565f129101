SELECT * FROM network_callbacks WHERE network = $1 ORDER BY number LIMIT $2
