"""Hides installed packages from imports for a while. Knows names only."""

import contextlib
import sys
from importlib.machinery import ModuleSpec


@contextlib.contextmanager
def hidden_packages(*names):
    """Hides packages from imports inside the block, which fail as if they were not installed.

    A package that is loaded already stays. Libraries import packages that they can do without: Keras takes two seconds
    more where JAX, scikit-learn and pandas are installed.

    Args:
        *names: str. Names of packages.
    """
    finder = _Hider(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Hider:
    """Finds hidden packages before anyone else does, and fails to load them."""

    def __init__(self, names):
        self._names = names

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name.partition(".")[0] in self._names else None

    def create_module(self, spec):
        raise ModuleNotFoundError(f"No module named {spec.name!r} here", name=spec.name)

    def exec_module(self, module):
        """Does nothing; it is never called."""
