SELECT * FROM beat_1($1, $2, $3, $4, $5)
