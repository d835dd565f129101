SELECT id, name, version, reaches FROM gateways WHERE alive_until > now_ms_1() ORDER BY name, id
