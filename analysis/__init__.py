"""What the runs say: frames, metrics, statistics, comparisons with the paper. Reads run directories, never plays.

from analysis import load
runs = load("outputs/**")
"""

from analysis.data.runs import Runs, load

__all__ = ["Runs", "load"]
