"""Training on this machine: the plan, memory, the loop, its checkpoints, and the card of the model."""
