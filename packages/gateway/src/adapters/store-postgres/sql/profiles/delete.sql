DELETE FROM profiles WHERE name = $1
