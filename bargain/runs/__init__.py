"""Playing one run: built from its config, on a loop of its own, with its log."""
