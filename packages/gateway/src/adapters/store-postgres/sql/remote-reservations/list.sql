SELECT id, revision, body FROM remote_reservations WHERE network = $1 AND id > $2 AND holds ORDER BY id LIMIT $3
