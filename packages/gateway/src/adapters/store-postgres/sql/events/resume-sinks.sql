UPDATE sinks SET stopped = false WHERE session = ANY ($1) AND stopped
