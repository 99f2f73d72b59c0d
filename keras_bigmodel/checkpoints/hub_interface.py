"""Tells what a TF-Hub module is: a BERT encoder, or what else. Knows signatures and names; loads nothing."""

import tensorflow as tf

from keras_bigmodel.core.errors import UserError

ENCODER_FOLDER, PREPROCESSOR_FOLDER = "encoder", "preprocessor"  # of what this package writes
SETTINGS_ASSET = "encoder_settings"  # the encoder's settings, in modules that this package writes
POSITIONS = "masked_lm_positions"  # the fourth input of `.mlm`
INPUTS = ("input_word_ids", "input_mask", "input_type_ids")  # in the order of the modules that take a list


class NotPlainBertError(UserError):
    """Indicates that a module has BERT's inputs and is no BERT that our encoder can be; its own graph runs."""


def check_encoder(saved_model, handle):
    """Checks that a SavedModel takes the three inputs of a BERT and can be called as an object.

    Args:
        saved_model: `SavedModelFile`.
        handle: str or path. The module as it was named, for the message.

    Raises:
        UserError: it does not; the message says what it is.

    Source: "Common SavedModel APIs for text" of TF-Hub (transformer encoders).
    """
    if not (_takes_ids(saved_model) and "__call__" in saved_model.names):
        raise UserError(
            f"{handle} is no BERT encoder: it is {_described(saved_model)}. A BERT of TF-Hub takes "
            f"{', '.join(INPUTS)}; give such a module."
        )


def _described(saved_model):
    """Describes a module that is no BERT encoder, as in "it is ...": str."""
    if (saved_model.folder / "tfhub_module.pb").is_file():
        names = ", ".join(saved_model.signatures) or "none"
        return f"a module in the format of TensorFlow 1 (tfhub_module.pb; signatures: {names}), with no BERT's inputs"
    if {"tokenize", "bert_pack_inputs"} & saved_model.names:
        return "a preprocessor, which turns texts into token ids; the encoder that belongs to it is another module"
    if _takes_ids(saved_model):
        return "a model over BERT's inputs that cannot be called as an object (it has signatures only)"
    wanted = [signature for name, signature in saved_model.signatures.items() if name in ("serving_default", "default")]
    signature = next(iter([*wanted, *saved_model.signatures.values()]), None)
    if signature is None:
        return f"a SavedModel without signatures; its objects are {_listed(saved_model.names)}"
    return f"a model that takes {_tensors(signature.inputs)} and returns {_tensors(signature.outputs)}"


def _takes_ids(saved_model):
    return any(set(INPUTS) <= set(signature.inputs) for signature in saved_model.signatures.values())


def _tensors(tensors):
    """Describes the tensors of a signature, e.g. "text: string (?)": str."""
    words = []
    for name, tensor in sorted(tensors.items())[:4]:
        shape = tensor.tensor_shape
        sizes = "..." if shape.unknown_rank else ", ".join("?" if d.size < 0 else str(d.size) for d in shape.dim)
        words.append(f"{name}: {tf.dtypes.as_dtype(tensor.dtype).name} ({sizes})")
    return ", ".join(words) + (", …" if len(tensors) > 4 else "") if words else "nothing"


def _listed(names):
    shown = sorted(name for name in names if not name.startswith("_"))
    return ", ".join(shown[:6]) + (", …" if len(shown) > 6 else "") if shown else "none"
