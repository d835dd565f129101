DELETE FROM gateways WHERE id = $1
