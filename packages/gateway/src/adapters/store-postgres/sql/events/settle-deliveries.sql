SELECT settle_deliveries_1($1, $2, $3) AS outcome
