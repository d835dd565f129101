INSERT INTO network_callbacks (network, reservation, attempt, suffix, body) VALUES ($1, $2, $3, $4, $5)
