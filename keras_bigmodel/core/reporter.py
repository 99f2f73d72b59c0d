"""Reports progress to the user. `Reporter` is silent; the command line has a subclass that shows it."""

import contextlib


class Reporter:
    """Defines how sentences and progress are reported, and shows nothing; a subclass shows them.

    The packages below the command line receive a reporter and never print.
    """

    def say(self, sentence):
        """Reports a sentence."""

    @contextlib.contextmanager
    def bar(self, title, total):
        """Reports that work of `total` equal parts begins.

        Args:
            title: str. What the work is.
            total: int or None. Number of parts; None if it is not known.

        Yields:
            Function to call after each part; `advance(title=None)` may change the title.
        """
        yield lambda title=None: None


SILENT = Reporter()
