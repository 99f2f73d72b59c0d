"""Reads a BERT from a folder in Hugging Face's format. Knows which file holds what; no training, no texts."""

from pathlib import Path

import numpy as np

from keras_bigmodel.checkpoints.bert_config import REQUIRED, BertConfig, numbers_asked
from keras_bigmodel.checkpoints.bert_name_map import bert_name_map, head_name_map
from keras_bigmodel.checkpoints.other_folders import (
    check_config_kind,
    check_has_config,
    check_has_weights,
)
from keras_bigmodel.checkpoints.safetensors_file import SafetensorsFile
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.json_shape import shape_mismatch
from keras_bigmodel.core.model_files import read_json
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.models.bert import BertEncoder
from keras_bigmodel.tokenizers.vocabulary import read_vocabulary

_UNUSED = {"embeddings.position_ids", "embeddings.token_type_ids"}  # constants that older versions saved: 0, 1, 2, …
_HEAD_KINDS = {
    "single_label_classification": "classification",
    "multi_label_classification": "multi_label",
    "regression": "regression",
}
_POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}


class HuggingFaceFolder:
    """Reads a BERT folder: `config.json`, `model.safetensors`, and `tokenizer.json` or `vocab.txt`.

    Args:
        folder: str or path of the folder.

    Raises:
        UserError: the folder is missing, has another format or another architecture; the message names what it has.

    Source: the `BertModel` and `BertForSequenceClassification` formats of Hugging Face transformers.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        path = self.folder / "config.json"
        if not path.is_file():
            check_has_config(self.folder)
        values = read_json(path)
        check_config_kind(self.folder, values)
        self.config = BertConfig(path, values)
        weights = self.folder / "model.safetensors"
        if not weights.is_file():
            check_has_weights(self.folder)
        self._weights = SafetensorsFile(weights)

    @property
    def encoder_settings(self):
        """Returns the arguments of `BertEncoder` except `pooler`: dict."""
        return self.config.encoder_settings

    @property
    def has_pooler(self):
        """Returns whether the folder has the pooler's weights: bool."""
        return "pooler.dense.weight" in self._weights

    @property
    def has_head(self):
        """Returns whether the folder has a head that labels texts, on the pooler or a pooling that it names: bool."""
        stands = self.has_pooler or self._saved_pooling in _POOLINGS.values()
        return "classifier.weight" in self._weights and stands and self.config.head_labels in ("texts", None)

    @property
    def other_head(self):
        """Returns what the folder's head labels if it does not label texts, e.g. `"tokens"`: str or None."""
        return self.config.head_labels if self.config.head_labels != "texts" else None

    @property
    def head_kind(self):
        """Returns what the folder says that its head does: str, or None if it does not say.

        The value is `"classification"` (one label a text), `"multi_label"` (any number of labels), `"regression"`, or
        another `problem_type` as config.json has it.
        """
        kind = self.config.values.get("problem_type")
        if kind is None or not self.has_head:
            return None
        return _HEAD_KINDS.get(str(kind), f"{kind!s:.60}")

    @property
    def head_thresholds(self):
        """Returns the thresholds of the head's labels, as this package writes them: list of float, or None."""
        found = self.config.values.get("thresholds")
        numbers = isinstance(found, list) and all(isinstance(one, int | float) and 0 <= one <= 1 for one in found)
        return found if self.has_head and numbers and len(found) == self.num_head_outputs else None

    @property
    def num_head_outputs(self):
        """Returns the number of outputs of the classification head: int, 0 without a head."""
        return self._weights.shape("classifier.weight")[0] if self.has_head else 0

    @property
    def labels(self):
        """Returns the head's label names in the order of its outputs: list of str, or None without a head.

        If the folder has no names, they are LABEL_0, LABEL_1, …
        """
        return self.config.labels(self.num_head_outputs) if self.has_head else None

    @property
    def pooling(self):
        """Returns how the folder computes a text's vector: str, or None if it does not say.

        The value is `"mean"`, `"cls"`, `"pooler"`, or the name of a pooling that is not supported here.
        """
        return "pooler" if self.has_head and self.has_pooler else self._saved_pooling

    @property
    def _saved_pooling(self):
        """Returns the pooling of sentence-transformers, e.g. `"mean"`, `"cls"` or `"mean and max"`: str or None."""
        path = checked_path(self.folder / _pooling_folder(self.folder) / "config.json", "the folder of a pooling")
        if not path.is_file():
            return None
        said = read_json(path)
        if isinstance(said.get("pooling_mode"), str):
            return said["pooling_mode"]
        found = [name for name, value in said.items() if name.startswith("pooling_mode_") and value is True]
        names = [_POOLINGS.get(name) or name.removeprefix("pooling_mode_").removesuffix("_tokens") for name in found]
        return " and ".join(names) or None

    def vocabulary(self):
        """Returns `(tokens, tokenizer settings)`; see `tokenizers.vocabulary.read_vocabulary`.

        Raises:
            UserError: as `read_vocabulary`; or there are more tokens than config.json states.
        """
        tokens, settings = read_vocabulary(self.folder)
        rows = self.config.values["vocab_size"]
        if len(tokens) > rows:
            raise UserError(
                f"{self.folder} has {len(tokens)} tokens in its vocabulary and vocab_size {rows} in config.json. They "
                "belong to different models: take both from one."
            )
        return tokens, settings

    def load_encoder(self, *, pooler=True, dtype=None):
        """Builds the encoder and loads its weights.

        Args:
            pooler: bool. Whether to load the pooler if the folder has one. Defaults to `True`.
            dtype: str or dtype policy of the layers. Defaults to Keras's global policy.

        Returns:
            `BertEncoder`.

        Raises:
            UserError: tensors are missing, unexpected, of another shape or not finite; the message lists some.
        """
        self._check_sizes()
        encoder = BertEncoder(**self.encoder_settings, pooler=pooler and self.has_pooler, dtype=dtype)
        pairs = bert_name_map(encoder)
        used = {name for pair in pairs for name in pair.names} | _UNUSED
        others = sorted(name for name in self._weights.names() - used if name.startswith(("embeddings.", "encoder.")))
        if others:
            raise UserError(
                f"{self._weights.path} holds tensors that no BERT of its config.json has, {len(others)} in all, such "
                f"as {', '.join(others[:3])}. Take both files from one model."
            )
        self._fill(pairs)
        return encoder

    def load_head(self, logits_layer):
        """Loads the folder's classification head into a layer.

        Args:
            logits_layer: built `keras.layers.Dense` with a kernel `(hidden_dim, labels)`.

        Raises:
            UserError: as `load_encoder`.
        """
        self._fill(head_name_map(logits_layer))

    def load_mlm_head(self, encoder):
        """Loads the folder's head that predicts masked tokens.

        Args:
            encoder: the `BertEncoder` that `load_encoder` returned.

        Returns:
            `MlmHead`, or None if the folder has none.

        Raises:
            UserError: as `load_encoder`; or the head has embeddings of its own.
        """
        from keras_bigmodel.checkpoints.mlm_head import MlmHead  # here: it needs TensorFlow

        decoder = "cls.predictions.decoder.weight"
        if "cls.predictions.transform.dense.weight" not in self._weights:
            return None
        names = (decoder, "embeddings.word_embeddings.weight")
        if decoder in self._weights and not np.array_equal(*self._weights.read(names)):
            raise UserError(
                f"The head of {self.folder} that predicts masked tokens has embeddings of its own ({decoder}), where "
                "BERT's shares the encoder's. It is not read."
            )
        head = MlmHead(encoder)
        self._fill(head.hugging_face_names())
        return head

    def _check_sizes(self):
        """Raises `UserError` if config.json's sizes far exceed the weights, before a model of these sizes is built."""
        values = self.config.values
        asked, held = numbers_asked(self.encoder_settings), self._weights.size()
        if asked > 2 * held + 1_000_000:
            names = [*REQUIRED, "max_position_embeddings", "type_vocab_size"]
            sizes = ", ".join(f"{name}={values[name]}" for name in names if name in values)
            raise UserError(
                f"{self.config.path} asks for {asked:,} numbers ({sizes}), and {self._weights.path.name} holds "
                f"{held:,}. Take both files from one model."
            )

    def _fill(self, pairs):
        wanted = [part for pair in pairs for part in zip(pair.names, pair.shapes, strict=True)]
        self._weights.check(wanted, self.config.path)
        for pair in pairs:
            pair.variable.assign(pair.join(list(self._weights.read(pair.names))))


def _pooling_folder(folder):
    """Returns the name of sentence-transformers' pooling folder, as stated in its modules.json."""
    path = folder / "modules.json"
    modules = read_json(path, kind=list) if path.is_file() else []
    wrong = shape_mismatch(modules, [{"path": str, "type": str}])
    if wrong is not None:
        raise UserError(f"{path} is no list of modules ({wrong}). Copy it again from the model.")
    found = [module["path"] for module in modules if module["type"].endswith("Pooling")]
    return found[0] if found else "1_Pooling"
