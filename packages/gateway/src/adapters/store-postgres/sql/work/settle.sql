DELETE FROM network_tasks WHERE session = $1 AND version <= $2
