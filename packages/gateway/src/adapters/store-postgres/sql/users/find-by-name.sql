SELECT ${USER} FROM users u WHERE lower(u.name) = lower($1)
