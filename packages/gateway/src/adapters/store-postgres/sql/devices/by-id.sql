${RESOLVED}
WHERE d.id = $1
