DELETE FROM events WHERE (session, ordinal) IN (
  SELECT session, ordinal FROM events WHERE at <= $1 AND delivery <> 'waiting' LIMIT ${BATCH}
  FOR UPDATE SKIP LOCKED
) RETURNING session, delivery
