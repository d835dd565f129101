WITH RECURSIVE waiting (queue) AS (
  SELECT min(queue) FROM events WHERE next_attempt_at IS NOT NULL AND queue > $1
  UNION ALL
  SELECT (SELECT min(queue) FROM events WHERE next_attempt_at IS NOT NULL AND queue > waiting.queue)
  FROM waiting WHERE waiting.queue IS NOT NULL
)
SELECT queue, (SELECT min(next_attempt_at) FROM events
               WHERE next_attempt_at IS NOT NULL AND queue = waiting.queue) AS at
FROM waiting WHERE queue IS NOT NULL LIMIT $2
