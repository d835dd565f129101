INSERT INTO changes (at, by, kind, name, before, after) VALUES ($1, $2, $3, $4, $5, $6)
