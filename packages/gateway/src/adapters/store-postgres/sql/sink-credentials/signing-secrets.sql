SELECT application, id, secret, created_at FROM signing_secrets WHERE application = $1
ORDER BY created_at, id LIMIT $2
