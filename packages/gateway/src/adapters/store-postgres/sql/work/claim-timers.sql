WITH due AS MATERIALIZED (
  SELECT session FROM timers WHERE wake_at <= $3 AND ${FREE}
  ORDER BY wake_at LIMIT $4 FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE timers t SET ${TAKE}, attempts = attempts + 1
  FROM due WHERE t.session = due.session RETURNING t.session, t.wake_at
)
SELECT s.id, s.version, s.body, c.wake_at FROM claimed c JOIN sessions s ON s.id = c.session
ORDER BY c.wake_at, s.id
