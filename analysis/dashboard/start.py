"""What Streamlit runs: `streamlit run analysis/dashboard/start.py -- DIR...` (see analysis/dashboard/command.py)."""

import sys
from importlib import import_module

import_module("bargain.analysis.dashboard.page").show(sys.argv[1:])  # Streamlit runs this as a file of no package
