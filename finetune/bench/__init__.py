"""What the engine gains, measured beside what its user would otherwise run; and what fingerprints hold and cost."""
