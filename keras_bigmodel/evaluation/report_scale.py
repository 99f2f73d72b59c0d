"""Where figures stand between the ends of a small bar. Knows numbers only."""


class ReportScale:
    """Where a figure stands between the ends of a small bar.

    Args:
        intervals: list of `[low, high]` or None: what the bar must hold.
        values: list of float or None.

    >>> scale = ReportScale([[0.62, 0.7]], [0.66])
    >>> scale.low, scale.high, round(scale.place(0.8), 2)
    (0.6, 1.0, 0.5)
    """

    def __init__(self, intervals, values):
        ends = [end for interval in intervals if interval for end in interval if end is not None]
        lowest = min([*ends, *(value for value in values if value is not None)], default=0.0)
        self.low, self.high = min(int(lowest * 10) / 10, 0.9), 1.0

    def place(self, value):
        """Gives 0 at the left end, 1 at the right one."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
