"""Reads a BERT from a TF-Hub module: weights by name, settings, the vocabulary. Knows no training."""

import math
from functools import cached_property

import keras
import numpy as np

from keras_bigmodel.checkpoints.bert_config import numbers_asked
from keras_bigmodel.checkpoints.hub_comparison import HubComparison
from keras_bigmodel.checkpoints.hub_handle import hub_folder
from keras_bigmodel.checkpoints.hub_interface import SETTINGS_ASSET, NotPlainBertError, check_encoder
from keras_bigmodel.checkpoints.hub_name_map import hub_name_map, own_name_map
from keras_bigmodel.checkpoints.hub_settings import has_berts_names, settings_of
from keras_bigmodel.checkpoints.mlm_head import HUB_PREFIX, MlmHead
from keras_bigmodel.checkpoints.saved_model_file import SavedModelFile
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.json_shape import shape_mismatch
from keras_bigmodel.core.model_files import read_json, read_text
from keras_bigmodel.models.bert import BertEncoder
from keras_bigmodel.tokenizers.special_tokens import checked_ids
from keras_bigmodel.tokenizers.tokenizer_files import vocabulary_from_lines

_LOWER_CASE = "do_lower_case/.ATTRIBUTES/VARIABLE_VALUE"
_SAID = {"encoder": dict, "pooling": str, "mode": str, "tokenizer": dict}


class HubFolder:
    """Reads a BERT of TF-Hub, so that it becomes our own encoder: exported to every format, trained as fast.

    The sizes are read from the shapes of the variables; activation, epsilon and dropout from the graph. The encoder is
    compared with the module itself before it is returned.

    Args:
        handle: str or path. A folder that holds `saved_model.pb`, or the address of a module.

    Raises:
        UserError: as `hub_folder` and `SavedModelFile`; or the module is no BERT encoder, and the message says what it
            is.
        NotPlainBertError: it is an encoder of another architecture.

    Source: `official/nlp/tools/export_tfhub_lib.py` of tensorflow/models, which wrote TF-Hub's BERTs.
    """

    has_head, other_head, head_kind, num_head_outputs, labels = False, None, None, 0, None

    def __init__(self, handle):
        self.handle, self.folder = handle, hub_folder(handle)
        self._file = SavedModelFile(self.folder)
        check_encoder(self._file, handle)
        self._names = self._file.keys
        self._said = self._read_said()
        if not self._said and not has_berts_names(self._file):
            shown = ", ".join(sorted(self._names)[:3]) or "none"
            raise NotPlainBertError(
                f"{handle} takes BERT's inputs, but its variables are not those of a BERT ({shown}, …). Run it as it "
                "is in a Keras model: HubEncoder(handle)."
            )

    def _read_said(self):
        """Returns what a module of this package says of itself: dict, empty for modules of others."""
        path = self._file.asset(SETTINGS_ASSET)
        said = {} if path is None else read_json(path)
        wrong = None if path is None else shape_mismatch(said, _SAID)
        if wrong is not None:
            raise UserError(f"{path} is not as it was written ({wrong}). Copy the module again.")
        return said

    @cached_property
    def encoder_settings(self):
        """Returns the arguments of `BertEncoder` except `pooler`: dict."""
        if self._said:
            return {name: value for name, value in self._said["encoder"].items() if name != "pooler"}
        return settings_of(self._file, self.handle)

    @property
    def pooling(self):
        """Returns what the module's `pooled_output` is: `"pooler"`, `"mean"` or `"cls"`; None in modules of others."""
        return self._said.get("pooling")

    @property
    def mode(self):
        """Returns the mode in which a tokenizer gives the ids of the module's own preprocessor: str."""
        return self._said.get("mode", "fast")

    @property
    def is_trainable(self):
        """Returns whether the module lets its variables be trained, as most do: bool."""
        return bool(self._trained)

    @property
    def is_trained_whole(self):
        """Returns whether the module lets all of its variables be trained: bool."""
        return len(self._trained) == len([name for name in self._names if self._is_weight(name)])

    @cached_property
    def _trained(self):
        """Returns the names of the variables that the module lets be trained: set of str."""
        listed = self._file.child("trainable_variables")
        nodes = [] if listed is None else [self._file.nodes[child.node_id] for child in listed.children]
        return {node.variable.name for node in nodes if node.HasField("variable")}

    def _is_weight(self, name):
        return HUB_PREFIX not in name and bool(self._file.shape(name)) and self._file.is_float(name)

    @property
    def has_pooler(self):
        """Returns whether the module has the pooler's weights: bool."""
        if self._said:
            return bool(self._said["encoder"].get("pooler"))
        return "pooler_transform/kernel" in self._names

    def vocabulary(self):
        """Returns `(tokens, tokenizer settings)`, from the module's `vocab_file` and `do_lower_case`.

        A `WordPieceTokenizer` of them in the mode `self.mode` gives every text the ids of the module's own
        preprocessor. Pairs that are too long may lose a piece in the other text.

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
        if self._said:
            return tokens, self._said["tokenizer"]
        lowercase = bool(self._file.read_key(_LOWER_CASE)) if _LOWER_CASE in self._file.shapes else True
        return tokens, {"lowercase": lowercase}

    def load_encoder(self, *, pooler=True, dtype=None):
        """Builds the encoder, loads its weights, and compares it with the module on a few rows of ids.

        Args:
            pooler: bool. Whether to load the pooler if the module has one. Defaults to `True`.
            dtype: str or dtype policy of the layers. Defaults to Keras's global policy.

        Returns:
            `BertEncoder`.

        Raises:
            UserError: numbers are not finite, or files are truncated.
            NotPlainBertError: variables are missing, unexpected or of another shape; or the encoder does not compute
                what the module computes.
        """
        encoder, _ = self._compared
        wanted = keras.dtype_policies.get(dtype) if dtype else keras.config.dtype_policy()
        twin = BertEncoder(**self.encoder_settings, pooler=pooler and self.has_pooler, dtype=wanted)
        twin.set_weights(encoder.get_weights()[: len(twin.weights)])
        return twin

    @cached_property
    def _compared(self):
        """Returns the encoder in float32 after its comparison with the module, and the pooling that was found."""
        held = sum(math.prod(self._file.shape(name)) for name in self._names if self._is_weight(name))
        try:
            if numbers_asked(self.encoder_settings) > 2 * held + 1_000_000:  # before it takes the memory
                raise ValueError(f"they ask for many more than the {held:,} numbers that it holds")
            encoder = BertEncoder(**self.encoder_settings, pooler=self.has_pooler, dtype="float32")
            unknown = sorted(self.encoder_settings.keys() - encoder.settings.keys())
            if unknown:  # Keras's functional models ignore unknown arguments
                raise ValueError(f"there is no {unknown[0]}")
        except (KeyError, TypeError, ValueError) as error:  # UserError is a ValueError
            raise NotPlainBertError(
                f"No BERT can be built with the settings of {self.handle} ({str(error)[:160]}). Copy the module again."
            ) from error
        pairs = own_name_map(encoder, self._names) if self._said else hub_name_map(encoder)
        self._fill(pairs)
        read = {name for pair in pairs for name in pair.names}
        others = [name for name in self._names if self._is_weight(name) and name not in read]
        self._refuse([f"{name} is no variable of a BERT" for name in others])
        self._comparison.check_states(encoder)
        pooling = self._comparison.pooling_of(encoder)
        if not self._said and self.has_pooler and pooling != "pooler":
            raise NotPlainBertError(
                f"{self.handle} has the variables of a BERT, and its pooled_output is not what the pooler computes. "
                "HubEncoder(handle) runs it as it is."
            )
        return encoder, pooling

    @cached_property
    def _comparison(self):
        return HubComparison(self.folder, self.encoder_settings, self.handle)

    def compared_pooling(self):
        """Returns what the module's `pooled_output` and `default` were found to be: str, None if no pooling of ours.

        Raises:
            UserError: as `load_encoder`.
        """
        return self._compared[1]

    def load_mlm_head(self, encoder):
        """Loads the module's head that predicts masked tokens, and compares it with the module.

        Args:
            encoder: the `BertEncoder` that `load_encoder` returned in float32.

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
        self._comparison.check_head(encoder, head)
        return head

    def load_head(self, logits_layer):
        """Raises `UserError`: a TF-Hub BERT has no classification head."""
        raise UserError(f"{self.handle} has no classification head. Give labels for a new one.")

    # ---- reading

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

    def _refuse(self, problems):
        if problems:
            shown = "; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")
            raise NotPlainBertError(
                f"{self.handle} is no BERT that can be read: {shown}. HubEncoder(handle) runs it as it is."
            )
