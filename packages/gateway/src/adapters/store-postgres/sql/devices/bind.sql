SELECT bind_device_1($1, $2, $3, $4)
