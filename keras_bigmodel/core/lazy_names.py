"""Loads names of a package when they are first used. Knows import paths only."""

from importlib import import_module

from keras_bigmodel.core.errors import UserError

_TENSORFLOW = ("tensorflow", "tensorflow_text")


def lazy_names(package, homes):
    """Returns the `__getattr__` of a package, which imports the module of a name when the name is first used.

    Args:
        package: str. The package's `__name__`.
        homes: dict of name → module that defines it, relative to the package.

    Returns:
        Function from a name to its value.

    Raises:
        AttributeError: raised by the returned function if the package has no such name.
        UserError: raised by the returned function if a name needs TensorFlow and TensorFlow is not installed.
    """

    def load(name):
        if name not in homes:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        try:
            module = import_module(f"{package}.{homes[name]}")
        except ModuleNotFoundError as error:
            if error.name not in _TENSORFLOW:
                raise
            raise UserError(
                f"{package}.{name} asks for {error.name}, which is not installed. Install it (pip install tensorflow "
                "tensorflow-text), or set KERAS_BACKEND=jax: layers, encoders and their training on ids work without "
                "TensorFlow there."
            ) from error
        return getattr(module, name)

    return load
