UPDATE events SET next_attempt_at = NULL WHERE session = ANY ($1) AND next_attempt_at IS NOT NULL
