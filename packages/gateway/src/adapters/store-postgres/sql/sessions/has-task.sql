SELECT FROM network_tasks WHERE session = $1
