SELECT name, body FROM profiles ORDER BY name
