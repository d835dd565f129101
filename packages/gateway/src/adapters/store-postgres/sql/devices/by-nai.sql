${RESOLVED}
WHERE d.nai = $1
