SELECT e.session, e.ordinal, e.delivery, k.queue FROM events e JOIN sinks k ON k.session = e.session
WHERE e.session = ANY ($1) AND e.delivery <> 'none'
