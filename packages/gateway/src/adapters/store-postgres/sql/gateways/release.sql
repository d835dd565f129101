DELETE FROM network_leases WHERE holder = $1 AND network = ANY ($2)
