WITH picked AS MATERIALIZED (
  SELECT d.session, d.ordinal
  FROM json_to_recordset($3) AS w (queue text, "limit" int) CROSS JOIN LATERAL (
    SELECT session, ordinal FROM events
    WHERE queue = w.queue COLLATE "C" AND next_attempt_at <= $4 AND ${FREE}
    ORDER BY next_attempt_at LIMIT w.limit FOR UPDATE SKIP LOCKED
  ) d
), claimed AS (
  UPDATE events e SET ${TAKE} FROM picked p
  WHERE e.session = p.session AND e.ordinal = p.ordinal RETURNING e.*
)
SELECT ${DELIVERY}, k.url, k.queue, k.credential_type, k.credential, k.credential_expires_at,
  k.correlator, k.dialect
FROM claimed e JOIN sinks k ON k.session = e.session ORDER BY e.next_attempt_at, e.seq
