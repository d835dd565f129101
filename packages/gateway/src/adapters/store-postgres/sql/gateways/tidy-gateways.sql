DELETE FROM gateways WHERE alive_until < now_ms_1() - ${FORGOTTEN_MS}
