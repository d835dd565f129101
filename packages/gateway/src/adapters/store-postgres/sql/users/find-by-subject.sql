SELECT ${USER} FROM users u WHERE u.subject = $1
