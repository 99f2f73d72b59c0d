"""Names of a package that load when first used. Knows import paths only."""

from importlib import import_module


def lazy_names(package, homes):
    """Gives a package's `__getattr__`: it imports the module in which a name lives when the name is first asked for.

    Args:
        package: str. The package's `__name__`.
        homes: dict of name → the module that has it, relative to the package.
    """

    def load(name):
        if name not in homes:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return load
