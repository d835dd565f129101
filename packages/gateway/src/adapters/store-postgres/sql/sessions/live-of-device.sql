SELECT id, version, body FROM sessions WHERE device = $1 AND live ORDER BY id
