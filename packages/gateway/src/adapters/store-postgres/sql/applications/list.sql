SELECT * FROM applications ORDER BY id
