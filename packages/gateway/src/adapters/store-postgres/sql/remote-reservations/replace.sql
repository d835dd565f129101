UPDATE remote_reservations SET revision = revision + 1, holds = $3, act_at = $4, orphans = $5, kept_until = $6, body = $7
WHERE network = $1 AND id = $2 AND revision = $8 RETURNING revision
