SELECT ${USER} FROM users u WHERE lower(u.name) > lower($1) ORDER BY lower(u.name) LIMIT $2
