"""Runs in the formats of other tools, one file per format; `bargain-export` (command.py) chooses one."""
