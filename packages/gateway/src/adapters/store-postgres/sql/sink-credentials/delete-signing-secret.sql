DELETE FROM signing_secrets WHERE application = $1 AND id = $2 RETURNING id
