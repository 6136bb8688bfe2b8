"""The formats and rules of Fu et al. 2023: their prompt files, their logs, the prices they counted."""
