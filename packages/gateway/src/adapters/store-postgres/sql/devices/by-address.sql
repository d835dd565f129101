SELECT * FROM device_addresses
WHERE address = ANY ($1) AND (expires_at IS NULL OR expires_at > $2) ORDER BY prefix_length DESC LIMIT 1
