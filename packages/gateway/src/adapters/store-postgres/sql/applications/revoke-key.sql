UPDATE application_keys SET revoked_at = coalesce(revoked_at, $2) WHERE prefix = $1 RETURNING prefix
