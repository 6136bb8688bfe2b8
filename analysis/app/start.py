"""What Streamlit runs: `streamlit run analysis/app/start.py -- DIR...` (see analysis/dashboard.py)."""

import sys

from analysis.app.page import show

show(sys.argv[1:])
