SELECT name, body FROM profiles WHERE name = $1 FOR UPDATE
