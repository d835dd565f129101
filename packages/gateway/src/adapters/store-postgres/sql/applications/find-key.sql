SELECT * FROM application_keys WHERE prefix = $1
