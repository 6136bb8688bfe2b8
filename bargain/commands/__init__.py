"""The other console scripts, and the help text."""
