SELECT ${USER}, s.created_at AS signed_in_at, s.expires_at
FROM sign_ins s JOIN users u ON u.id = s.user_id WHERE s.hash = $1
