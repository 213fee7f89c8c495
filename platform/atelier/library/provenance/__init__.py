"""Content credentials (C2PA) of what a model made: every clip and picture that leaves the platform says that it was generated, by which
base model and in which training, signed by us."""
