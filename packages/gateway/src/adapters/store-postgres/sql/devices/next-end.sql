SELECT min(expires_at) AS next FROM device_addresses
