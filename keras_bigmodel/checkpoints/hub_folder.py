"""Reads a BERT from a TF-Hub module: weights by name, sizes from shapes, the vocabulary. Knows no training."""

import json
import re
from functools import cached_property

import keras
import numpy as np

from keras_bigmodel.checkpoints.hub_handle import hub_folder
from keras_bigmodel.checkpoints.hub_interface import INPUTS, SETTINGS_ASSET, check_encoder
from keras_bigmodel.checkpoints.hub_module import HubModule
from keras_bigmodel.checkpoints.hub_name_map import hub_name_map, own_name_map
from keras_bigmodel.checkpoints.mlm_head import HUB_PREFIX, MlmHead
from keras_bigmodel.checkpoints.saved_model_file import SavedModelFile
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.model_files import read_json, read_text
from keras_bigmodel.models.bert import BertEncoder
from keras_bigmodel.tokenizers.special_tokens import checked_ids
from keras_bigmodel.tokenizers.tokenizer_files import vocabulary_from_lines

_LAYER = re.compile(r"transformer/layer_(\d+)/self_attention/query/kernel")
_LOWER_CASE = "do_lower_case/.ATTRIBUTES/VARIABLE_VALUE"
_TOLERANCE = 1e-4
# Op → activation, in the order in which they are looked for: tanh is the pooler's too, the cube is GELU's alone.
_ACTIVATIONS = {"Erf": "gelu", "Erfc": "gelu", "Pow": "gelu_tanh", "Relu": "relu", "Sigmoid": "silu"}


class HubFolder:
    """Reads a BERT of TF-Hub, so that it becomes our own encoder: exported to every format, trained as fast.

    The sizes are read from the shapes of the variables; activation, epsilon and dropout from the graph. The encoder is
    compared with the module itself before it is returned.

    Args:
        handle: str or path. A folder that holds `saved_model.pb`, or the address of a module.

    Raises:
        UserError: as `hub_folder` and `SavedModelFile`; or the module is no BERT encoder, or one of another
            architecture; the message says what it is.

    Source: `official/nlp/tools/export_tfhub_lib.py` of tensorflow/models, which wrote TF-Hub's BERTs.
    """

    has_head, other_head, num_head_outputs, labels = False, None, 0, None

    def __init__(self, handle):
        self.handle, self.folder = handle, hub_folder(handle)
        self._file = SavedModelFile(self.folder)
        check_encoder(self._file, handle)
        self._names = self._file.keys
        path = self._file.asset(SETTINGS_ASSET)
        self._said = {} if path is None else read_json(path)
        if not self._said and not any(map(_LAYER.fullmatch, self._names)):
            shown = ", ".join(sorted(self._names)[:3]) or "none"
            raise UserError(
                f"{handle} takes BERT's inputs, but its variables are not those of a BERT ({shown}, …). Run it as it "
                "is in a Keras model: HubEncoder(handle)."
            )

    @cached_property
    def encoder_settings(self):
        """Returns the arguments of `BertEncoder` except `pooler`: dict."""
        if self._said:
            return {name: value for name, value in self._said.items() if name not in ("pooler", "pooling")}
        width, heads, _ = self._shape("transformer/layer_0/self_attention/query/kernel", 3)
        return {
            "vocabulary_size": self._shape("word_embeddings/embeddings", 2)[0],
            "hidden_dim": width,
            "num_layers": 1 + max(int(found[1]) for found in map(_LAYER.fullmatch, self._names) if found),
            "num_heads": heads,
            "intermediate_dim": self._shape("transformer/layer_0/intermediate/kernel", 2)[1],
            "max_length": self._shape("position_embedding/embeddings", 2)[0],
            "num_segments": self._shape("type_embeddings/embeddings", 2)[0],
            "activation": self._activation(),
            "epsilon": self._epsilon(),
            "dropout": self._dropout(in_attention=False),
            "attention_dropout": self._dropout(in_attention=True),
        }

    @property
    def pooling(self):
        """Returns what the module's `pooled_output` is: `"pooler"`, `"mean"` or `"cls"`; None in modules of others."""
        return self._said.get("pooling")

    @property
    def is_trainable(self):
        """Returns whether the module lets its variables be trained, as most do: bool."""
        node = self._file.child("trainable_variables")
        return node is not None and len(node.children) > 0

    @property
    def has_pooler(self):
        """Returns whether the module has the pooler's weights: bool."""
        return "pooler_transform/kernel" in self._names or "pooler/kernel" in self._names

    def vocabulary(self):
        """Returns `(tokens, tokenizer settings)`, from the module's `vocab_file` and `do_lower_case`.

        With mode `"fast"`, a `WordPieceTokenizer` of them returns the ids of the module's own preprocessor.

        Raises:
            UserError: the module has no vocabulary, or one that is no WordPiece.
        """
        path = self._file.asset("vocab_file")
        if path is None:
            other = self._file.asset("sp_model_file")
            what = "has SentencePiece's model instead, which is not read" if other else "does not have"
            raise UserError(
                f"A BERT of TF-Hub has its vocabulary beside it (vocab_file), which {self.handle} {what}. Give the "
                "vocabulary to a WordPieceTokenizer yourself, and load_encoder(handle) beside it."
            )
        tokens = vocabulary_from_lines(read_text(path))
        checked_ids(tokens)
        rows = self.encoder_settings["vocabulary_size"]
        if len(tokens) > rows:
            raise UserError(
                f"{path} has {len(tokens)} tokens, and the embeddings of {self.handle} have {rows} rows. They belong "
                "to different models: copy the module again."
            )
        stored = self._file.checkpoint.get_variable_to_shape_map()
        lowercase = bool(self._file.checkpoint.get_tensor(_LOWER_CASE)) if _LOWER_CASE in stored else True
        return tokens, {"lowercase": lowercase}

    def load_encoder(self, *, pooler=True, dtype=None):
        """Builds the encoder, loads its weights, and compares it with the module on a few rows of ids.

        Args:
            pooler: bool. Whether to load the pooler if the module has one. Defaults to `True`.
            dtype: str or dtype policy of the layers. Defaults to Keras's global policy.

        Returns:
            `BertEncoder`.

        Raises:
            UserError: variables are missing, unexpected, of another shape or not finite; or the encoder does not
                compute what the module computes.
        """
        encoder = BertEncoder(**self.encoder_settings, pooler=self.has_pooler, dtype="float32")
        pairs = own_name_map(encoder) if self._said else hub_name_map(encoder)
        self._fill(pairs)
        others = [name for name in self._names if HUB_PREFIX not in name and self._is_unknown(name, pairs)]
        self._refuse([f"{name} is no variable of a BERT" for name in others])
        self._check_equal(encoder)
        wanted = keras.dtype_policies.get(dtype) if dtype else keras.config.dtype_policy()
        if wanted.name == "float32" and pooler in (True, self.has_pooler):
            return encoder
        twin = BertEncoder(**self.encoder_settings, pooler=pooler and self.has_pooler, dtype=wanted)
        twin.set_weights(encoder.get_weights()[: len(twin.weights)])
        return twin

    def load_mlm_head(self, encoder):
        """Loads the module's head that predicts masked tokens.

        Args:
            encoder: the `BertEncoder` that `load_encoder` returned.

        Returns:
            `MlmHead`, or None if the module has none.

        Raises:
            UserError: as `load_encoder`.
        """
        found = [name for name in self._names if name.endswith(f"{HUB_PREFIX}/transform/dense/kernel")]
        if not found:
            return None
        head = MlmHead(encoder)
        self._fill(head.hub_names(found[0].partition(HUB_PREFIX)[0]))
        return head

    def load_head(self, logits_layer):
        """Raises `UserError`: a TF-Hub BERT has no classification head."""
        raise UserError(f"{self.handle} has no classification head. Give labels for a new one.")

    # ---- reading

    def _shape(self, name, rank):
        shape = self._file.shape(name) if name in self._names else ()
        if len(shape) != rank:
            said = f"of shape {shape}" if shape else "missing"
            raise UserError(f"{name} of {self.handle} is {said}; a BERT of TF-Hub has it with {rank} axes.")
        return shape

    def _activation(self):
        """Returns the activation whose op the graph has: str. The comparison with the module confirms it."""
        found = [name for op, name in _ACTIVATIONS.items() if op in self._file.ops]
        return found[0] if found else "gelu_tanh"

    def _epsilon(self):
        found = self._file.floats_named("batchnorm/add/y").values()
        return _shortest(min(found)) if found else 1e-12

    def _dropout(self, *, in_attention):
        """Returns the rate of the graph for training: float, BERT's 0.1 if it is not to be seen there."""
        found = self._file.floats_named("GreaterEqual/y")
        rates = {value for name, value in found.items() if ("self_attention" in name) == in_attention}
        return _shortest(rates.pop()) if len(rates) == 1 else 0.1

    def _array(self, name):
        array = np.asarray(self._file.read(name), "float32")
        if not np.isfinite(array).all():
            raise UserError(f"{name} of {self.handle} has numbers that are NaN or infinite. Take another version.")
        return array

    def _fill(self, pairs):
        """Assigns the module's numbers to variables; raises `UserError` if they do not fit."""
        problems = []
        for name, shape in [part for pair in pairs for part in zip(pair.names, pair.shapes, strict=True)]:
            if name not in self._names:
                problems.append(f"{name} is missing")
            elif self._file.shape(name) != shape:
                problems.append(f"{name} has shape {self._file.shape(name)}, and a BERT of these sizes has {shape}")
        self._refuse(problems)
        for pair in pairs:
            pair.variable.assign(pair.join([self._array(name) for name in pair.names]))

    def _is_unknown(self, name, pairs):
        """Returns whether a variable holds numbers that no pair reads."""
        read = any(name in pair.names for pair in pairs)
        return not read and bool(self._file.shape(name)) and self._file.is_float(name)

    def _refuse(self, problems):
        if problems:
            shown = "; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")
            raise UserError(f"{self.handle} is no BERT that can be read: {shown}. HubEncoder(handle) runs it as it is.")

    def _check_equal(self, encoder):
        """Raises `UserError` if an encoder does not compute what the module does."""
        ids, mask, segments = _probe(encoder.settings)
        theirs = HubModule(self.folder).call(dict(zip(INPUTS, (ids, mask, segments), strict=True)))
        ours = encoder({"token_ids": ids, "padding_mask": mask, "segment_ids": segments}, training=False)
        for name, value in ours.items():
            difference = float(np.abs((np.asarray(value) - np.asarray(theirs[name])) * _seen(mask, value)).max())
            if not difference <= _TOLERANCE:
                raise UserError(
                    f"{self.handle} has the variables of a BERT and computes something else: {name} differs by "
                    f"{difference:.2g} (read as {json.dumps(self.encoder_settings)}). HubEncoder(handle) runs it as it "
                    "is."
                )


def _probe(settings):
    """Returns ids, mask and segments of three rows: int32 `(3, up to 24)`."""
    rng, length = np.random.default_rng(0), min(24, settings["max_length"])
    ids = rng.integers(0, settings["vocabulary_size"], (3, length)).astype("int32")
    mask = (np.arange(length) < np.array([[length], [max(1, length // 2)], [1]])).astype("int32")
    segments = (np.arange(length) >= length // 3).astype("int32") * np.ones((3, 1), "int32")
    return ids, mask, np.minimum(segments, settings["num_segments"] - 1).astype("int32")


def _shortest(number):
    """Returns a float32 as it was written: 0.1, not 0.10000000149."""
    return float(f"{number:.6g}")


def _seen(mask, value):
    """Returns the mask in the shape of an output; states of padding are not compared."""
    return mask[..., np.newaxis] if len(value.shape) == 3 else 1.0
