SELECT settled_events_1() AS settled
