"""`python -m gateway.cli` is `crosswalk`."""

from gateway.cli import main

main()
