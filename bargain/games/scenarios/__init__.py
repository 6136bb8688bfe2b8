"""What the games of a run are played for: a short file per way to say it."""
