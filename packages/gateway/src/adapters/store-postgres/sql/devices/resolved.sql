-- Devices with the addresses that have not expired by $2.
SELECT ${DEVICE_COLUMNS}, (
  SELECT json_agg(json_build_object('family', family, 'address', address) ORDER BY position)
  FROM device_addresses WHERE device = d.id AND (expires_at IS NULL OR expires_at > $2)
) AS addresses FROM devices d
