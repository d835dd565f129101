SELECT device, times, (
  SELECT json_agg(a ORDER BY position) FROM device_addresses a WHERE a.device = m.device
) AS addresses FROM moved_devices m ORDER BY device LIMIT $1
