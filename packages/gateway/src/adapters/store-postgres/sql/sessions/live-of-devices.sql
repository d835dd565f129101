SELECT id, version, body FROM sessions WHERE device = ANY ($1) AND live ORDER BY id
