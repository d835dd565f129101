SELECT * FROM application_keys
WHERE application = $1
  AND ($2::text IS NULL
    OR (created_at, prefix) > (SELECT created_at, prefix FROM application_keys WHERE prefix = $2))
ORDER BY created_at, prefix LIMIT $3
