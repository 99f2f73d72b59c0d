"""Samples rows of a table while it is read, up to a limit. Knows hash fractions of texts; no file."""

import heapq

_ROWS = 20_000  # a 95 % confidence interval of an accuracy of 90 % is then ±0.4 points
_CHARACTERS = 20_000_000  # of all rows held; limits the memory


class DrawnRows:
    """Holds the rows whose fraction is below a threshold, which falls when the rows become too many or too long.

    The sample depends on the texts, not on their order: either all rows of a fraction are held, or none. The exception
    is a fraction with more than `most_of_one` rows: either it is left out, or only its first rows are held. The
    threshold falls at more than `most_rows` rows, or at more than 20 million characters.

    Args:
        share: float in (0, 1]. The initial threshold: the share of the different texts that is held.
        most_of_one: int. Maximum number of rows of one fraction.
        leave_out: bool. Whether a fraction with more rows is left out. Defaults to False: its first rows are held.
        most_rows: int. Maximum number of rows held. Defaults to 20,000.

    Attributes:
        below: float. The present threshold.

    Source: bottom-k sampling, Cohen and Kaplan, 2007.
    """

    def __init__(self, share, *, most_of_one, leave_out=False, most_rows=_ROWS):
        self.below = share
        self._most_of_one, self._leave_out, self._most_rows = most_of_one, leave_out, most_rows
        self._groups, self._left_out = {}, set()  # fraction → rows; fractions
        self._highest = []  # heap of negative fractions; may contain fractions that are already removed
        self._rows = self._characters = 0

    def offer(self, fraction, row, characters):
        """Adds a row if its fraction is below the threshold.

        Args:
            fraction: float in [0, 1), as `core.unicode_text.text_fractions` computes it.
            row: object to hold.
            characters: int. Number of characters of the row's texts.
        """
        if not self.holds(fraction):
            return
        if fraction not in self._groups:
            self._groups[fraction] = []
            heapq.heappush(self._highest, -fraction)
        elif len(self._groups[fraction]) == self._most_of_one:
            if self._leave_out:
                self.leave_out(fraction)
            return
        self._groups[fraction].append((row, characters))
        self._rows, self._characters = self._rows + 1, self._characters + characters
        while self._rows > self._most_rows or (self._characters > _CHARACTERS and len(self._groups) > 1):
            self.below = -heapq.heappop(self._highest)
            self._remove(self.below)

    def holds(self, fraction):
        """Returns whether rows of a fraction are held: bool."""
        return fraction < self.below and fraction not in self._left_out

    def leave_out(self, fraction):
        """Removes a fraction permanently."""
        self._left_out.add(fraction)
        self._remove(fraction)

    def _remove(self, fraction):
        removed = self._groups.pop(fraction, ())
        self._rows -= len(removed)
        self._characters -= sum(characters for _, characters in removed)

    @property
    def groups(self):
        """Returns the rows held: dict of fraction → list of rows."""
        return {fraction: [row for row, _ in group] for fraction, group in self._groups.items()}
