SELECT ${USER} FROM users u ORDER BY lower(u.name)
