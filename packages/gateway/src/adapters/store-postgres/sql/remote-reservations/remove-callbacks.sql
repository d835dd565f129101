DELETE FROM network_callbacks WHERE number = ANY($1::bigint[])
