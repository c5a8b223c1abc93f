"""The models that run inside this program: where their weights come from, and the engine that runs them."""
