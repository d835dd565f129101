SELECT FROM sinks WHERE session = ANY ($1) ORDER BY session FOR UPDATE
