"""The version, once: what is installed, recorded with a run and cited."""

__version__ = "0.2.0"
