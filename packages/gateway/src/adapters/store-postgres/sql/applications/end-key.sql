UPDATE application_keys SET expires_at = least(expires_at, $2::bigint)
WHERE prefix = $1 AND revoked_at IS NULL AND coalesce(expires_at > $3, true) RETURNING prefix
