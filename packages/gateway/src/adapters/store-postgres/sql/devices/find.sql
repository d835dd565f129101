${RECORDS}
WHERE d.id = $1
