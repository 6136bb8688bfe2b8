"""What Streamlit runs: `streamlit run analysis/dashboard/start.py -- DIR...` (see analysis/dashboard/command.py)."""

import sys

from .page import show

show(sys.argv[1:])
