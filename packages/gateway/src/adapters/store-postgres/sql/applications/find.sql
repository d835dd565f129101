SELECT * FROM applications WHERE id = $1
