INSERT INTO signing_secrets (application, id, secret, created_at)
SELECT $1, $2, $3, $4::bigint WHERE (SELECT count(*) FROM signing_secrets WHERE application = $1) < $5
RETURNING id
