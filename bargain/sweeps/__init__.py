"""Many runs: what a sweep remembers, how its cells are launched and resumed, what it will cost."""
