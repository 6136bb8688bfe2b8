"""Where results are shown while a run goes on and when it is over; nothing about a run depends on it."""
