"""Rows drawn while a table goes by, as many as may be held. Knows places of texts; no file."""

import heapq

_ROWS = 20_000  # an accuracy of 90 % is then known to 0.4 points
_CHARACTERS = 20_000_000


class DrawnRows:
    """Holds the rows whose place is below a bar; where they become too many, the bar sinks and the last leave.

    What is held depends on the texts alone, not on their order: all rows of one place are held, or none. A place with
    more rows than one may have is either left out from then on, or holds its first.

    Args:
        share: float in (0, 1]. Where the bar stands at first: the share of the different texts that is held.
        most_of_one: int. Rows that one place may have.
        leave_out: bool. Whether a place with more is left out. Defaults to False: its first rows are held.
        most_rows: int. Rows held at most. Defaults to 20,000.

    `below` is where the bar stands.

    Source: bottom-k sampling, Cohen and Kaplan, 2007.
    """

    def __init__(self, share, *, most_of_one, leave_out=False, most_rows=_ROWS):
        self.below = share
        self._most_of_one, self._leave_out, self._most_rows = most_of_one, leave_out, most_rows
        self._groups, self._left_out = {}, set()  # place → rows; places
        self._highest = []  # heap of negative places, of some that have left, too
        self._rows = self._characters = 0

    def offer(self, place, row, characters):
        """Takes a row, or not.

        Args:
            place: float in [0, 1).
            row: what is held.
            characters: int. The length of its text.
        """
        if not self.holds(place):
            return
        if place not in self._groups:
            self._groups[place] = []
            heapq.heappush(self._highest, -place)
        elif len(self._groups[place]) == self._most_of_one:
            if self._leave_out:
                self.leave_out(place)
            return
        self._groups[place].append((row, characters))
        self._rows, self._characters = self._rows + 1, self._characters + characters
        while self._rows > self._most_rows or (self._characters > _CHARACTERS and len(self._groups) > 1):
            self.below = -heapq.heappop(self._highest)
            self._remove(self.below)

    def holds(self, place):
        """Says whether a row of this place is among those held."""
        return place < self.below and place not in self._left_out

    def leave_out(self, place):
        """Lets a place go, for good."""
        self._left_out.add(place)
        self._remove(place)

    def _remove(self, place):
        gone = self._groups.pop(place, ())
        self._rows -= len(gone)
        self._characters -= sum(characters for _, characters in gone)

    @property
    def places(self):
        """Dict of place → list of its rows."""
        return {place: [row for row, _ in group] for place, group in self._groups.items()}
