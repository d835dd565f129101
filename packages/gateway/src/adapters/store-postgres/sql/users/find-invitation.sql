SELECT * FROM invitations WHERE hash = $1
