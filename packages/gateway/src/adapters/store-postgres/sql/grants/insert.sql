INSERT INTO grants (id, body, lot, expires_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id)
