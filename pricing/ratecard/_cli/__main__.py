"""`python -m ratecard._cli` runs the command line."""

from ratecard._cli import main

main()
