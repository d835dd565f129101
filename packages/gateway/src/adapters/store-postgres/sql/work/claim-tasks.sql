WITH due AS MATERIALIZED (
  SELECT session FROM network_tasks WHERE network = $3 AND ${FREE}
  ORDER BY seq LIMIT $4 FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE network_tasks t SET ${TAKE}, attempts = attempts + 1
  FROM due WHERE t.session = due.session RETURNING t.session, t.seq, t.version, t.kind
)
SELECT s.id, s.version, s.body, c.version AS wanted, c.kind
FROM claimed c JOIN sessions s ON s.id = c.session ORDER BY c.seq
