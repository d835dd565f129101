UPDATE events e SET delivery = 'waiting', queue = k.queue, attempts = 0, first_attempt_at = NULL, reason = NULL
FROM sinks k, unnest($1::uuid[], $2::int[]) AS r (session, ordinal)
WHERE e.session = r.session AND e.ordinal = r.ordinal AND k.session = e.session AND e.delivery <> 'waiting'
