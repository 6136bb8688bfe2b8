"""What lies on disk: run directories, and games.jsonl in them."""
