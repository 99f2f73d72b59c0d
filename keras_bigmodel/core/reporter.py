"""Telling a person what happens and how long it will take. This one is silent; the command line has one that shows."""

import contextlib


class Reporter:
    """Hears what happens, and says nothing. A subclass shows it.

    Rooms below the command line take a reporter and never print.
    """

    def say(self, sentence):
        """Hears a sentence."""

    @contextlib.contextmanager
    def bar(self, title, total):
        """Hears that `total` equal parts of work begin.

        Args:
            title: str. What the work is.
            total: int. How many parts; None where it is not known.

        Yields:
            function to call after each part; `advance(title=None)` may change the title.
        """
        yield lambda title=None: None


SILENT = Reporter()
