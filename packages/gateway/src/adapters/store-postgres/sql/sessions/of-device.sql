SELECT id, version, body FROM sessions s WHERE device = $1 AND owner = $2 AND NOT ${IS_ASSIGNMENT}
AND EXISTS (SELECT FROM timers WHERE session = s.id)
AND ($4::text IS NULL OR body::json->>'subject' = $4)
ORDER BY live DESC, id DESC LIMIT $3
