UPDATE events SET ${LET_GO}
WHERE queue = ANY ($1) AND next_attempt_at <= $2 AND claimed_by = $3 AND claim = $4
