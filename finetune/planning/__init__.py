"""What can be said of a job before a weight is loaded: whether it is in order, what it takes, and with whom it trains."""
