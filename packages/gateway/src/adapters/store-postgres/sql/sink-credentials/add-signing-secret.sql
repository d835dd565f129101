INSERT INTO signing_secrets (application, id, secret, created_at) VALUES ($1, $2, $3, $4)
