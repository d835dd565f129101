SELECT (SELECT wake_at FROM timers WHERE wake_at <= $3 AND ${FREE} ORDER BY wake_at LIMIT 1) AS timer,
  (SELECT array_agg(DISTINCT network) FROM network_tasks WHERE ${FREE}) AS networks
