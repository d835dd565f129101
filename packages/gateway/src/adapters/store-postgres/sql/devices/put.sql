SELECT put_devices_1($1, $2) AS taken
