"""The config: its schema, the files it comes from, what it may name, whether it can be played, what it is."""
