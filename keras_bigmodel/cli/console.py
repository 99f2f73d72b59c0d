"""Where people are told what happens: standard error, so that standard output stays for results."""

import sys

from rich.console import Console


def console():
    """Gives a console on standard error, as wide as it needs where there is no terminal."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else 200, soft_wrap=True)
