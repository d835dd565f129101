DELETE FROM token_clients WHERE application = $1
