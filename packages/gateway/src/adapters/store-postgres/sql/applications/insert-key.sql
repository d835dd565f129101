INSERT INTO application_keys
  (prefix, application, hash, name, scopes, compatibility, client, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
