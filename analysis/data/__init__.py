"""Run directories as frames: what was recorded, one row a run, a round, a turn."""
