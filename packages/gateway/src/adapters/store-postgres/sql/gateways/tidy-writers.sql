DELETE FROM writers WHERE at < now() - interval '${FORGOTTEN_MS} milliseconds'
