UPDATE sinks SET credential = NULL WHERE credential IS NOT NULL AND credential_expires_at <= $1
