SELECT body FROM profiles ORDER BY name
