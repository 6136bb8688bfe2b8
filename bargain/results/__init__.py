"""What a run came to: counts, summary.json, tables, the line of progress."""
