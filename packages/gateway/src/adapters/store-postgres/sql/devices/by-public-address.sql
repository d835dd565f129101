SELECT * FROM device_addresses
WHERE public_address = $1 AND (expires_at IS NULL OR expires_at > $3)
  AND (public_from IS NULL OR $2::int BETWEEN public_from AND public_to)
ORDER BY public_from IS NULL, position LIMIT 1
