SELECT id FROM remote_reservations WHERE network = $1 AND act_at <= $2 ORDER BY act_at LIMIT $3
