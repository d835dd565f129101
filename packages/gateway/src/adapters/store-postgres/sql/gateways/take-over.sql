UPDATE network_tasks SET claimed_by = NULL, claimed_until = NULL, claim = NULL
WHERE network = ANY ($1) AND claimed_by IS NOT NULL
