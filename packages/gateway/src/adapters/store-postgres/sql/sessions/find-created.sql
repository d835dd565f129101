SELECT session, body FROM idempotency WHERE key = $1
