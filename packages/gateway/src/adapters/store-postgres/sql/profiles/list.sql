SELECT name, body FROM profiles WHERE name > $1 ORDER BY name LIMIT $2
