"""Whether a class is a whole task. Knows the contract's names; no kind of task."""

from keras_bigmodel.core.errors import UserError

_WANTED = ("encode_targets", "recipe_loss", "answer_reader")


def check_contract(cls, base, inputs, preprocessor):
    """Refuses a task that lacks a part of the contract.

    Args:
        cls: the task's class.
        base: the class of the contract, whose own methods do not count.
        inputs: dict of name → `keras.Input`, what the task's model takes.
        preprocessor: what the task was given as one.

    Raises:
        UserError: the sentence names what is lacking.
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
