UPDATE network_tasks SET ${LET_GO} WHERE network = $1 AND claimed_by = $2 AND claim = $3
