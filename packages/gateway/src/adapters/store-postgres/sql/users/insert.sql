INSERT INTO users (id, name, role, password_hash, subject, created_at, last_sign_in_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
