SELECT * FROM application_keys WHERE application = $1 ORDER BY created_at, prefix
