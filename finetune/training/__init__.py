"""The steps themselves: adapters on a frozen base, the loop over one job or several, its checkpoints, and the loss on held-out clips."""
