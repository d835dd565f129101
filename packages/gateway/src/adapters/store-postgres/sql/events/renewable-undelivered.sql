${RENEWABLE} AND e.delivery <> 'delivered' FOR UPDATE OF e
