"""Figures: what the engine gains beside what its user would otherwise run, what a machine does, what fingerprints hold and cost."""
