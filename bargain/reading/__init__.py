"""What bargainers say, read by rules: money, proposals, acts, the deal, violations."""
