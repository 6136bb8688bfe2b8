"""Game types: which rounds are played, and who hears which feedback. One short file each, on one seam: `Table`."""
