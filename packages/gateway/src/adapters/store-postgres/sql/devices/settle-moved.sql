DELETE FROM moved_devices m USING unnest($1::text[], $2::bigint[]) AS settled (device, times)
WHERE m.device = settled.device AND m.times = settled.times
