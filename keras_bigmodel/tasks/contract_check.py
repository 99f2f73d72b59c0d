"""Checks that a class implements the contract of a task. Knows the contract's names; no kind of task."""

import keras

from keras_bigmodel.core.errors import UserError

_WANTED = ("encode_targets", "recipe_loss", "answer_reader")


def check_contract(cls, base, inputs, encoder, preprocessor):
    """Checks that a task implements every part of the contract.

    Args:
        cls: class of the task.
        base: class that defines the contract. Methods inherited from it do not count.
        inputs: dict of name → `keras.Input`. The inputs of the task's model.
        encoder: `keras.Model`. The encoder of the task.
        preprocessor: `Preprocessor` of the task.

    Raises:
        UserError: a part is missing, is not registered with Keras, or does not fit the others; the message names it.
    """
    lacking = [name for name in _WANTED if getattr(cls, name) is getattr(base, name)]
    if lacking:
        raise UserError(
            f"The task {cls.__name__} lacks {', '.join(lacking)}. A task gives {', '.join(_WANTED)}; CONTRIBUTING.md "
            'says what each returns, under "Add a task".'
        )
    if not (hasattr(preprocessor, "columns") and hasattr(preprocessor, "features")):
        raise UserError(
            f"A {type(preprocessor).__name__} came as the preprocessor of a {cls.__name__}; wanted a Preprocessor. "
            "Around a tokenizer: keras_bigmodel.preprocessors.TextPreprocessor(tokenizer, max_length=128)."
        )
    names = set(inputs) if isinstance(inputs, dict) else None
    if names != set(preprocessor.features):
        came = f"the inputs {', '.join(sorted(names))}" if names else f"inputs as a {type(inputs).__name__}"
        raise UserError(
            f"{cls.__name__} came with {came}; its preprocessor makes {', '.join(preprocessor.features)}. Give a dict "
            "with one keras.Input for each of these."
        )
    both = sorted(set(preprocessor.columns) & set(preprocessor.features))
    if both:
        raise UserError(
            f"The preprocessor {type(preprocessor).__name__} has {both[0]} both as a column and as a feature, which "
            "cannot be told apart then. Give them two names."
        )
    for name, value in inputs.items():
        if value.name != name:
            raise UserError(
                f'The input {name} of {cls.__name__} is called "{value.name}". Write keras.Input(..., name="{name}").'
            )
    if "dtype" not in encoder.get_config():
        raise UserError(
            f"The encoder {type(encoder).__name__} has no dtype in its get_config, so it cannot be exported in "
            "float32. Add the dtype policy, serialized by keras.dtype_policies.serialize."
        )
    for part in (encoder, preprocessor, getattr(preprocessor, "tokenizer", None)):
        _check_registered(part)


def _check_registered(part):
    """Raises `UserError` if an object cannot be loaded from its config, because its class is not registered."""
    kind = type(part)
    own = kind.__module__.partition(".")[0] in ("keras", "builtins")
    if not own and keras.saving.get_registered_object(keras.saving.get_registered_name(kind)) is not kind:
        raise UserError(
            f"{kind.__name__} is not registered with Keras, so it could be saved and never loaded. Write "
            '@keras.saving.register_keras_serializable("my_package") above the class.'
        )
