"""A job is started at a service: its settings, its files, and one request whose answer may get lost."""
