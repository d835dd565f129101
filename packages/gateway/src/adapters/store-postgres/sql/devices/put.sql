SELECT put_incoming_devices_2($1) AS taken
