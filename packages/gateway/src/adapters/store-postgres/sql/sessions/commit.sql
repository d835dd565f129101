SELECT commit_sessions_1($1, $2, $3, $4, $5) AS outcome
