SELECT count(*) FROM network_tasks WHERE network = $1
