-- Devices as they are kept.
SELECT ${DEVICE_COLUMNS}, (
  SELECT json_agg(a ORDER BY position) FROM device_addresses a WHERE a.device = d.id
) AS addresses FROM devices d
