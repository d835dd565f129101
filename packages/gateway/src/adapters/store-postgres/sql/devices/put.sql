SELECT put_incoming_devices_1($1) AS taken
