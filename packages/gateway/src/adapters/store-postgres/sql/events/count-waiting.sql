SELECT count(*) FROM events WHERE queue = $1 AND next_attempt_at IS NOT NULL
