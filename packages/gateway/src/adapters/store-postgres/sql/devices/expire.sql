SELECT expire_addresses_1($1)
