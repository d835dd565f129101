DELETE FROM moved_devices WHERE device = $1 AND times = $2
