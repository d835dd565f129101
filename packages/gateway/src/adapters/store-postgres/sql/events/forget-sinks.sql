DELETE FROM sinks k WHERE session = ANY ($1) AND ${IDLE}
AND NOT EXISTS (SELECT FROM sessions WHERE id = k.session)
