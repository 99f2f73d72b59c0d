"""The end of a run that somebody asked to stop. Knows nothing else."""


class RunStopped(KeyboardInterrupt):
    """A training run was asked to stop and has kept its state.

    Args:
        place: str. Where it stands, for people.
    """

    def __init__(self, place):
        super().__init__(f"stopped at {place}")
        self.place = place
