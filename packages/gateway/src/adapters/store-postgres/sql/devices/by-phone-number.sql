${RESOLVED}
WHERE d.phone_number = $1
