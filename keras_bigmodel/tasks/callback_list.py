"""The callbacks that a person hands in. Knows Keras's classes only."""

import keras

from keras_bigmodel.core.errors import UserError


def checked_callbacks(callbacks):
    """Returns what Keras takes as callbacks, as a list.

    Raises:
        UserError: there is something else among them; a class, say.
    """
    callbacks = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []
    for part in callbacks:
        if not isinstance(part, keras.callbacks.Callback):
            advice = f" Write {part.__name__}(...)." if isinstance(part, type) else ""
            raise UserError(f"callbacks holds {part!r:.60}; wanted keras.callbacks.Callback objects.{advice}")
    return callbacks
