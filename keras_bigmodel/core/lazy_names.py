"""Names of a package that load when first used. Knows import paths only."""

from importlib import import_module

from keras_bigmodel.core.errors import UserError

_TENSORFLOW = ("tensorflow", "tensorflow_text")


def lazy_names(package, homes):
    """Gives a package's `__getattr__`: it imports the module in which a name lives when the name is first asked for.

    Args:
        package: str. The package's `__name__`.
        homes: dict of name → the module that has it, relative to the package.

    Raises:
        UserError: by what is given, when a name needs TensorFlow and it is not installed.
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
