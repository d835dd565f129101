UPDATE timers SET ${LET_GO} WHERE wake_at <= $1 AND claimed_by = $2 AND claim = $3
