DELETE FROM idempotency WHERE key IN (
  SELECT key FROM idempotency AS old WHERE created_at <= $1
    AND NOT EXISTS (SELECT FROM sessions WHERE id = old.session) LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
) RETURNING 1
