UPDATE events e SET next_attempt_at = $2, ${LET_GO}
WHERE e.session = ANY ($1) AND e.ordinal = (
  SELECT min(ordinal) FROM events w WHERE w.session = e.session AND w.delivery = 'waiting')
