"""`python -m bargain`: the command, from a checkout that is not installed."""

from bargain.main import main

main()
