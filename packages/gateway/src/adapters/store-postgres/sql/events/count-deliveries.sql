SELECT (SELECT count(*) FROM events WHERE next_attempt_at IS NOT NULL) AS waiting,
  (SELECT count(*) FROM events WHERE delivery = 'dead') AS dead
