"""One short file per way to get a reply; see base.py for the seam."""
