SELECT name FROM gateways WHERE alive_until > now_ms_1() ORDER BY name
