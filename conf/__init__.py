"""The YAMLs of the config groups, shipped with the package."""
