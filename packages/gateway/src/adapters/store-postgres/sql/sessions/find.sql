SELECT id, version, body FROM sessions WHERE id = ANY ($1)
