SELECT device, times FROM moved_devices ORDER BY device
