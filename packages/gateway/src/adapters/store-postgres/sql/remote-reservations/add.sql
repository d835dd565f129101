INSERT INTO remote_reservations (network, id, revision, holds, act_at, orphans, kept_until, body)
VALUES ($1, $2, 1, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING revision
