SELECT w.queue, (SELECT next_attempt_at FROM events
                 WHERE queue = w.queue COLLATE "C" AND next_attempt_at IS NOT NULL AND ${FREE}
                 ORDER BY next_attempt_at LIMIT 1) AS at
FROM json_to_recordset($3) AS w (queue text)
