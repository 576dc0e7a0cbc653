"""`python -m cliproxy`."""

from cliproxy.cli.main import run

run()
