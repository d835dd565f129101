SELECT put_addresses_1(ARRAY[$1::text], ARRAY[]::device_addresses[])
