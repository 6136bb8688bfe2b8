"""Tests go through public doors: commands, servers on loopback, files."""
