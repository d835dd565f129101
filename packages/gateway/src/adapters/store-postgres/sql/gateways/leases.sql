SELECT network, holder FROM network_leases WHERE until > now_ms_1()
