"""Reads and checks the `config.json` of a BERT. Knows its keys and their valid values; no weights, no vocabulary."""

import re

from keras_bigmodel.core.errors import UserError

# config.json's names → BertEncoder's arguments.
SETTINGS = {
    "vocab_size": "vocabulary_size",
    "hidden_size": "hidden_dim",
    "num_hidden_layers": "num_layers",
    "num_attention_heads": "num_heads",
    "intermediate_size": "intermediate_dim",
    "max_position_embeddings": "max_length",
    "type_vocab_size": "num_segments",
    "hidden_dropout_prob": "dropout",
    "attention_probs_dropout_prob": "attention_dropout",
    "hidden_act": "activation",
    "layer_norm_eps": "epsilon",
}
REQUIRED = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
_COUNTS = (*REQUIRED, "max_position_embeddings", "type_vocab_size")
_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_python": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}
# For files of 2018, which name no model type: only a BERT has all of these keys and none of the keys of others.
_KEYS_OF_2018 = {*REQUIRED, "hidden_act", "max_position_embeddings", "type_vocab_size"}
_KEYS_OF_OTHERS = {"embedding_size", "attention_window", "n_embd", "d_model", "rotary_emb_base", "bos_token_id"}
_HEADS = {  # class → what its head labels, for error messages
    "BertForSequenceClassification": "texts",
    "PooledBertForSequenceClassification": "texts",  # ours, see transformers_pooled_bert.py
    "BertForTokenClassification": "tokens",
    "BertForQuestionAnswering": "the ends of answers",
    "BertForMultipleChoice": "choices",
    "BertForNextSentencePrediction": "neighbouring sentences",
    "BertForMaskedLM": "masked tokens",
    "BertForPreTraining": "masked tokens",
    "BertLMHeadModel": "the next token",
    "BertModel": None,
}
_TAG = re.compile(r"O|[BIESLUM][-_].+")


class BertConfig:
    """Holds the contents of a BERT's `config.json`.

    Args:
        path: `Path` of the file, for error messages.
        values: dict. The contents of the file.

    Raises:
        UserError: a value is missing or invalid, or the file describes another architecture; the message names it.

    Source: `BertConfig` of Hugging Face transformers, and `bert_config.json` of google-research/bert.
    """

    def __init__(self, path, values):
        self.path = path
        self.values = values
        self._check_architecture()
        self._check_values()

    @property
    def encoder_settings(self):
        """Returns the arguments of `BertEncoder` except `pooler`: dict."""
        settings = {ours: self.values[theirs] for theirs, ours in SETTINGS.items() if theirs in self.values}
        return {**settings, "activation": _ACTIVATIONS[settings.get("activation", "gelu")]}

    @property
    def architecture(self):
        """Returns the name of the class that saved the weights: str, or None if the file does not name it."""
        found = self.values.get("architectures") or [None]
        found = found[0] if isinstance(found, list) else found
        return found if isinstance(found, str) else None

    @property
    def head_labels(self):
        """Returns what the head labels, e.g. `"texts"`: str, or None if there is no head or the file does not say."""
        if self.architecture is not None:
            return _HEADS.get(self.architecture, f"what {self.architecture} labels")
        names = self.values.get("id2label")
        names = list(names.values()) if isinstance(names, dict) else []
        return "tokens" if len(names) > 2 and all(_TAG.fullmatch(str(name)) for name in names) else None

    def labels(self, number):
        """Returns the head's label names in the order of its outputs: list of str.

        If the file has no names, they are LABEL_0, LABEL_1, …

        Args:
            number: int. The number of outputs of the head.

        Raises:
            UserError: the file has another number of labels, or `id2label` is invalid.
        """
        names, said = self.values.get("id2label") or {}, self.values.get("num_labels")
        if said is not None and said != number:
            raise UserError(
                f"{self.path} says num_labels={said!r:.40}, and the head in the weights has {number} outputs. Take "
                "both files from one model."
            )
        if not isinstance(names, dict):
            raise UserError(f"id2label in {self.path} is {names!r:.60}; wanted an object. Copy it from the model.")
        try:
            labels = [names[key] for key in sorted(names, key=int)]
            keys = sorted(map(int, names))
        except (ValueError, AttributeError, TypeError) as error:
            raise UserError(
                f"id2label in {self.path} has keys that are no whole numbers ({error}). Copy it from the model."
            ) from error
        if labels and (len(labels) != number or keys != list(range(number))):
            raise UserError(
                f"{self.path} names {len(labels)} labels, {keys[0]} to {keys[-1]}, and the head in the weights has "
                f"{number} outputs. Take both files from one model."
            )
        return labels or [f"LABEL_{output}" for output in range(number)]

    def _check_architecture(self):
        found = self.values.get("model_type") or self._said_by_other_keys()
        if found != "bert":
            raise UserError(
                f'{self.path.parent} holds a model of type "{found}"; only "bert" can be read. Choose a BERT folder.'
            )
        position = self.values.get("position_embedding_type") or "absolute"
        if position != "absolute":
            raise UserError(
                f'{self.path.parent} is a BERT with position embeddings "{position}"; only "absolute" can be read.'
            )
        if self.values.get("is_decoder") or self.values.get("add_cross_attention"):
            raise UserError(
                f"{self.path.parent} is a BERT that only looks back (is_decoder in config.json); only one that looks "
                "both ways can be read."
            )
        if self.values.get("quantization_config"):
            raise UserError(
                f"{self.path.parent} holds quantized weights (quantization_config in config.json), which are not read. "
                "Take the model that they were made from."
            )

    def _said_by_other_keys(self):
        """Returns the model type of a file that does not name it: by its class, or by the keys of files of 2018."""
        if self.architecture is not None:
            return "bert" if self.architecture in _HEADS else self.architecture
        has_keys = self.values.keys() >= _KEYS_OF_2018 and not self.values.keys() & _KEYS_OF_OTHERS
        return "bert" if has_keys else "not named"

    def _check_values(self):
        missing = [name for name in REQUIRED if not _is_count(self.values.get(name))]
        if missing:
            raise UserError(f"{self.path} lacks {', '.join(missing)} (whole numbers). Copy it from the model.")
        for name in SETTINGS:
            value, wanted = self.values.get(name), None
            if name not in self.values:
                continue
            if name in _COUNTS:
                wanted = None if _is_count(value) and value >= 1 else "a whole number, 1 or more"
            elif name == "hidden_act":
                wanted = None if isinstance(value, str) else "a name"
            else:
                fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1
                wanted = None if fits else "a number from 0 to below 1"
            if wanted:
                raise UserError(f"{self.path} has {name}={value!r:.40}; wanted {wanted}. Copy it from the model.")
        width, heads = self.values["hidden_size"], self.values["num_attention_heads"]
        if width % heads:
            raise UserError(
                f"{self.path} has hidden_size={width} and num_attention_heads={heads}, which does not divide it. Copy "
                "it from the model."
            )
        activation = self.values.get("hidden_act", "gelu")
        if activation not in _ACTIVATIONS:
            raise UserError(
                f'{self.path.parent} has the activation "{activation}"; known are {", ".join(_ACTIVATIONS)}. '
                "Use a BERT with one of these."
            )


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12


def hugging_face_activation(name):
    """Returns Hugging Face's name of an activation of `BertEncoder`: str.

    Args:
        name: str. As in `BertEncoder`.
    """
    return next((theirs for theirs, ours in _ACTIVATIONS.items() if ours == name), name)


def numbers_asked(settings):
    """Returns about how many numbers a BERT of some settings has: int. Checked before it is built.

    Args:
        settings: dict. Arguments of `BertEncoder`.
    """
    width, inner = settings["hidden_dim"], settings["intermediate_dim"]
    rows = settings["vocabulary_size"] + settings.get("max_length", 512) + settings.get("num_segments", 2)
    return rows * width + settings["num_layers"] * (4 * width * width + 2 * width * inner)
