SELECT ${USER} FROM users u WHERE u.id = $1
