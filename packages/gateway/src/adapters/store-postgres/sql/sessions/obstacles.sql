SELECT id, version, body FROM sessions WHERE device = $1 AND obstacle ORDER BY id
