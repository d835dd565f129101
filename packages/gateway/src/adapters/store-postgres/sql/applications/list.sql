SELECT * FROM applications WHERE id > $1 ORDER BY id LIMIT $2
