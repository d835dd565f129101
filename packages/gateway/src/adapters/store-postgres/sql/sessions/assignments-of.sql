SELECT id, version, body FROM sessions WHERE device = $1 AND ${IS_ASSIGNMENT} ORDER BY id DESC
