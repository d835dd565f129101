SELECT * FROM applications WHERE id = $1 FOR UPDATE
