"""A BERT in a folder as Hugging Face writes it. Knows the files and their names; no training, no strings."""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from keras_bigmodel.checkpoints.bert_name_map import bert_name_map, head_name_map
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.models.bert import BertEncoder
from keras_bigmodel.tokenizers.vocabulary import read_vocabulary

# config.json's names → BertEncoder's arguments. Those without a default must be in the file.
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
_REQUIRED = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
_ACTIVATIONS = {"gelu": "gelu", "gelu_python": "gelu", "relu": "relu", "silu": "silu", "swish": "silu"}
_OLD_NAMES = {".gamma": ".weight", ".beta": ".bias"}  # LayerNorm in checkpoints of 2018 and 2019
_WEIGHTS = "model.safetensors"


class HuggingFaceFolder:
    """Reads a BERT folder: `config.json`, `model.safetensors`, and `tokenizer.json` or `vocab.txt`.

    Args:
        folder: path of the folder.

    Raises:
        UserError: it is no such folder, or holds another architecture; the sentence says which.

    Source: the `BertModel` and `BertForSequenceClassification` formats of Hugging Face transformers.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.config = self._read_config()
        self._check_architecture()
        self._names = self._read_names()

    @property
    def encoder_settings(self):
        """Dict of `BertEncoder`'s arguments, without `pooler`."""
        settings = {ours: self.config[theirs] for theirs, ours in SETTINGS.items() if theirs in self.config}
        activation = settings.get("activation", "gelu")
        if activation not in _ACTIVATIONS:
            raise UserError(
                f'{self.folder} has the activation "{activation}"; known are {", ".join(_ACTIVATIONS)}. '
                "Use a BERT with one of these."
            )
        return {**settings, "activation": _ACTIVATIONS[activation]}

    @property
    def has_pooler(self):
        """Whether the folder holds the pooler's weights."""
        return "pooler.dense.weight" in self._names

    @property
    def has_head(self):
        """Whether the folder holds a classification head, on the pooler or on what the folder says it stands on."""
        return "classifier.weight" in self._names and (self.has_pooler or self._said_pooling is not None)

    @property
    def num_head_outputs(self):
        """int: the number of outputs of the classification head, 0 without one."""
        if not self.has_head:
            return 0
        with self._open() as tensors:
            return tensors.get_slice(self._names["classifier.weight"]).get_shape()[0]

    @property
    def labels(self):
        """The head's label names in the order of its outputs (LABEL_0, … where it names none), or None."""
        if not self.has_head:
            return None
        names = self.config.get("id2label") or {}
        try:
            labels = [names[key] for key in sorted(names, key=int)]
        except ValueError as error:
            raise UserError(
                f"id2label in {self.folder / 'config.json'} has keys that are no whole numbers ({error}). Copy it "
                "from the model."
            ) from error
        if labels and len(labels) != self.num_head_outputs:
            raise UserError(
                f"{self.folder / 'config.json'} names {len(labels)} labels, and the head in {_WEIGHTS} has "
                f"{self.num_head_outputs} outputs. Take both files from one model."
            )
        return labels or [f"LABEL_{number}" for number in range(self.num_head_outputs)]

    @property
    def pooling(self):
        """`"mean"`, `"cls"` or `"pooler"` where the folder says how its sentence vectors are made, else None."""
        return "pooler" if self.has_head and self.has_pooler else self._said_pooling

    @property
    def _said_pooling(self):
        path = self.folder / "1_Pooling" / "config.json"  # written by sentence-transformers
        if not path.is_file():
            return None
        said = _read_object(path)
        if said.get("pooling_mode_mean_tokens"):
            return "mean"
        return "cls" if said.get("pooling_mode_cls_token") else None

    def vocabulary(self):
        """Gives `(tokens, tokenizer settings)`; see `tokenizers.vocabulary.read_vocabulary`."""
        tokens, settings = read_vocabulary(self.folder)
        if len(tokens) > self.config["vocab_size"]:
            raise UserError(
                f"{self.folder} has {len(tokens)} tokens in its vocabulary and vocab_size "
                f"{self.config['vocab_size']} in config.json. They belong to different models: take both from one."
            )
        return tokens, settings

    def load_encoder(self, *, pooler=True, dtype=None):
        """Builds the encoder and fills it.

        Args:
            pooler: bool. Whether to load the pooler where the folder has one. Defaults to True.
            dtype: str or policy of the layers. Defaults to Keras's own.

        Returns:
            `BertEncoder`.

        Raises:
            UserError: tensors are missing or of another shape; the sentence names each.
        """
        encoder = BertEncoder(**self.encoder_settings, pooler=pooler and self.has_pooler, dtype=dtype)
        self._fill(bert_name_map(encoder))
        return encoder

    def load_head(self, logits_layer):
        """Fills a built product `(hidden_dim, labels)` with the folder's classification head.

        Raises:
            UserError: the head is no choice of one label; or as `load_encoder`.
        """
        kind, other = self.config.get("problem_type"), "cls" if self.pooling == "mean" else "mean"
        if kind not in (None, "single_label_classification"):
            raise UserError(
                f'The head of {self.folder} is made for "{kind}", and this model chooses one of its labels. Begin a '
                f'new head with pooling="{other}" (--pooling {other}).'
            )
        self._fill(head_name_map(logits_layer))

    def _fill(self, pairs):
        with self._open() as tensors:
            self._check(pairs, tensors)
            for pair in pairs:
                arrays = [_as_float32(tensors, self._names[name]) for name in pair.names]
                pair.variable.assign(pair.join(arrays))

    def _check(self, pairs, tensors):
        problems = []
        for pair in pairs:
            for name, wanted in zip(pair.names, pair.shapes, strict=True):
                if name not in self._names:
                    problems.append(f"{name} is missing")
                    continue
                found = tuple(tensors.get_slice(self._names[name]).get_shape())
                if found != wanted:
                    problems.append(f"{name} has shape {found}, config.json asks for {wanted}")
        if problems:
            shown = "; ".join(problems[:10]) + (f"; and {len(problems) - 10} more" if len(problems) > 10 else "")
            raise UserError(
                f"{self.folder / _WEIGHTS} does not fit its config.json: {shown}. Take both files from one model."
            )

    def _read_config(self):
        if not self.folder.is_dir():
            raise UserError(f"No folder {self.folder}. Give a folder that holds config.json and {_WEIGHTS}.")
        path = self.folder / "config.json"
        if not path.is_file():
            found = ", ".join(sorted(entry.name for entry in self.folder.iterdir())[:8]) or "nothing"
            raise UserError(
                f"{self.folder} is no BERT folder: it holds {found}. Wanted are config.json, {_WEIGHTS}, and "
                "vocab.txt or tokenizer.json, as Hugging Face writes them."
            )
        return _read_object(path)

    def _check_architecture(self):
        found = self.config.get("model_type") or ", ".join(self.config.get("architectures") or []) or "not named"
        if found != "bert":
            raise UserError(
                f'{self.folder} holds a model of type "{found}"; only "bert" can be read. Choose a BERT folder.'
            )
        position = self.config.get("position_embedding_type", "absolute")
        if position != "absolute":
            raise UserError(
                f'{self.folder} is a BERT with position embeddings "{position}"; only "absolute" can be read.'
            )
        if self.config.get("is_decoder"):
            raise UserError(
                f"{self.folder} is a BERT that only looks back (is_decoder in config.json); only one that looks both "
                "ways can be read."
            )
        missing = [name for name in _REQUIRED if not isinstance(self.config.get(name), int)]
        if missing:
            raise UserError(
                f"{self.folder / 'config.json'} lacks {', '.join(missing)} (whole numbers). Copy it from the model."
            )

    def _read_names(self):
        """Maps the plain names that our map uses to the file's own."""
        path = self.folder / _WEIGHTS
        if not path.is_file():
            if (self.folder / f"{_WEIGHTS}.index.json").is_file():
                raise UserError(
                    f"{self.folder} has its weights in several files, which is not read. Save the model again in one: "
                    'save_pretrained(..., max_shard_size="100GB").'
                )
            pickles = sorted(entry.name for entry in self.folder.glob("*.bin"))
            if pickles:
                raise UserError(
                    f"{self.folder} has {pickles[0]} but no {_WEIGHTS}. Pickled weights are not read, because reading "
                    "them can run code; save the model again with save_pretrained(..., safe_serialization=True)."
                )
            if (self.folder / "tf_model.h5").is_file():
                raise UserError(
                    f"{self.folder} has tf_model.h5 but no {_WEIGHTS}. Convert it with transformers 4: "
                    f'AutoModel.from_pretrained("{self.folder}", from_tf=True).save_pretrained("new").'
                )
            raise UserError(f"{self.folder} has no {_WEIGHTS}. Copy it from the model.")
        with self._open() as tensors:
            names = {}
            for name in tensors.keys():  # noqa: SIM118 (safe_open is no mapping)
                plain = name.removeprefix("bert.")
                for old, new in _OLD_NAMES.items():
                    if plain.endswith(old):
                        plain = plain.removesuffix(old) + new
                names[plain] = name
        return names

    def _open(self):
        path = self.folder / _WEIGHTS
        try:
            return safe_open(path, framework="numpy")
        except (SafetensorError, OSError) as error:
            raise UserError(f"{path} cannot be read as safetensors ({error}). Copy it again from the model.") from error


def _as_float32(tensors, name):
    return np.asarray(tensors.get_tensor(name)).astype("float32")


def _read_object(path):
    """Reads a file of one JSON object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not JSON ({error}). Copy it again from the model.") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no JSON object. Copy it again from the model.")
    return content
