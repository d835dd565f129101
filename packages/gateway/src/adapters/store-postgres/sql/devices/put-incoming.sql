INSERT INTO incoming_devices (id, position, devices, addresses) VALUES ($1, $2, $3, $4)
