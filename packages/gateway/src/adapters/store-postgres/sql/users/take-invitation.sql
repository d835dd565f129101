DELETE FROM invitations WHERE hash = $1 RETURNING hash
