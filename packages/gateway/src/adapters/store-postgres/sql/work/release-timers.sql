UPDATE timers SET ${LET_GO} WHERE session = ANY ($1) AND claimed_by = $2
