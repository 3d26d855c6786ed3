"""`python -m ratecard` runs the command line."""

from ratecard._cli import main

main()
