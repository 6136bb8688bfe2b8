"""bargain from Python: runs and sweeps whose results show themselves in a notebook and lead to frames."""
