"""Writes a BERT and its classification head as a Hugging Face folder. Knows files and names; no text."""

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import WordPiece as WordPieceDecoder
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from keras_bigmodel.checkpoints.bert_config import SETTINGS, hugging_face_activation
from keras_bigmodel.checkpoints.bert_name_map import bert_name_map, head_name_map
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.vocabulary import write_vocabulary

_MODEL_CODE = Path(__file__).with_name("transformers_pooled_bert.py")
_CODE_FILE, _CODE_CLASS = "modeling_pooled_bert.py", "PooledBertForSequenceClassification"
_POOLING_FOLDER = "1_Pooling"  # where sentence-transformers states the pooling
_SPECIAL = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}


def write_hugging_face_folder(
    folder, *, encoder, logits_layer, tokenizer, labels, pooling, dropout, max_length, problem_type, thresholds=None
):
    """Writes `config.json`, `model.safetensors` and the tokenizer's files.

    A head on BERT's pooler is saved as `BertForSequenceClassification`. Transformers has no class for a head on the
    mean of the tokens or on the first token. For such a head, the folder also contains the code of a short class, which
    `trust_remote_code=True` loads.

    Args:
        folder: str or path of an existing folder.
        encoder: `BertEncoder`.
        logits_layer: `keras.layers.Dense` of the head, with a kernel `(hidden_dim, labels)`.
        tokenizer: `WordPieceTokenizer` in mode `"exact"`.
        labels: list of str. The label names in the order of the outputs.
        pooling: `"pooler"`, `"mean"` or `"cls"`.
        dropout: float. The dropout rate before the head.
        max_length: int. Maximum number of tokens of a text.
        problem_type: str. `"single_label_classification"`, `"multi_label_classification"` or `"regression"`.
        thresholds: list of float, one for each label, which transformers does not use. Defaults to None.

    Raises:
        UserError: the tokenizer is in mode `"fast"`, which Hugging Face does not have; or as `hugging_face_tokenizer`.

    Source: the `BertForSequenceClassification` format of Hugging Face transformers.
    """
    settings = tokenizer.settings()
    if settings["mode"] != "exact":
        raise UserError(
            f'The model was trained with mode="{settings["mode"]}", whose tokens Hugging Face does not give. '
            'Train with mode="exact", the default, to export to it.'
        )
    folder = Path(folder)
    config = _config(encoder, labels, pooling, dropout) | {"pad_token_id": tokenizer.pad_id}
    config |= {"problem_type": problem_type} | ({} if thresholds is None else {"thresholds": thresholds})
    _write_json(folder / "config.json", config)
    tensors = {f"bert.{name}": array for name, array in _tensors(bert_name_map(encoder))}
    tensors |= dict(_tensors(head_name_map(logits_layer)))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    write_vocabulary(folder / "vocab.txt", tokenizer.vocabulary)
    hugging_face_tokenizer(tokenizer).save(str(folder / "tokenizer.json"))
    _write_json(folder / "tokenizer_config.json", _tokenizer_config(tokenizer, max_length))
    if pooling != "pooler":
        shutil.copyfile(_MODEL_CODE, folder / _CODE_FILE)
        (folder / _POOLING_FOLDER).mkdir()
        said = {
            "word_embedding_dimension": encoder.settings["hidden_dim"],
            "pooling_mode_mean_tokens": pooling == "mean",
            "pooling_mode_cls_token": pooling == "cls",
        }
        _write_json(folder / _POOLING_FOLDER / "config.json", said)


def hugging_face_tokenizer(tokenizer):
    """Returns the `tokenizers.Tokenizer` with the same ids as a `WordPieceTokenizer`, special tokens included.

    Args:
        tokenizer: `WordPieceTokenizer`.

    Raises:
        UserError: an added token would get another id, because Hugging Face puts added tokens after all others.
    """
    settings = tokenizer.settings()
    ids = {token: number for number, token in enumerate(tokenizer.pieces) if token is not None}
    made = Tokenizer(
        WordPiece(
            ids,
            unk_token=settings["unknown_token"],
            max_input_chars_per_word=settings["max_characters_per_word"],
            continuing_subword_prefix="##",
        )
    )
    made.normalizer = BertNormalizer(
        clean_text=True,
        handle_chinese_chars=settings["split_chinese"],
        strip_accents=settings["strip_accents"],
        lowercase=settings["lowercase"],
    )
    made.pre_tokenizer = BertPreTokenizer()
    special = [(token, ids[token]) for token in ("[CLS]", "[SEP]")]
    pair = "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1"
    made.post_processor = TemplateProcessing(single="[CLS]:0 $A:0 [SEP]:0", pair=pair, special_tokens=special)
    made.decoder = WordPieceDecoder(prefix="##")
    made.add_special_tokens([token for token in (*_SPECIAL.values(), settings["unknown_token"]) if token in ids])
    added = settings.get("added_tokens", ())
    # Not as special tokens: tokenizer_config.json states that typed special tokens are text.
    made.add_tokens([AddedToken(token["content"], normalized=token["normalized"]) for token in added])
    moved = [token["content"] for token in added if made.token_to_id(token["content"]) != _id(tokenizer, token)]
    if moved:
        raise UserError(
            f"The added token {moved[0]!r} stands among the others of the vocabulary, and Hugging Face's stand behind "
            "them. Such a tokenizer is not written."
        )
    return made


def _id(tokenizer, token):
    return tokenizer.vocabulary.index(token["content"])


def _config(encoder, labels, pooling, dropout):
    values = {theirs: encoder.settings[ours] for theirs, ours in SETTINGS.items()}
    values["hidden_act"] = hugging_face_activation(values["hidden_act"])
    config = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        **values,
        "classifier_dropout": dropout,
        "id2label": {str(number): label for number, label in enumerate(labels)},
        "label2id": {label: number for number, label in enumerate(labels)},
        "position_embedding_type": "absolute",
        "dtype": "float32",
    }
    if pooling != "pooler":
        config["architectures"] = [_CODE_CLASS]
        config["auto_map"] = {"AutoModelForSequenceClassification": f"{_CODE_FILE.removesuffix('.py')}.{_CODE_CLASS}"}
        config["pooling"] = pooling
    return config


def _tokenizer_config(tokenizer, max_length):
    settings = tokenizer.settings()
    special = {name: token for name, token in _SPECIAL.items() if token in tokenizer.vocabulary}
    return {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": settings["lowercase"],
        "strip_accents": settings["strip_accents"],
        "tokenize_chinese_chars": settings["split_chinese"],
        "unk_token": settings["unknown_token"],
        **special,
        "model_max_length": max_length,
        "split_special_tokens": True,  # a typed "[SEP]" is text, as in WordPieceTokenizer
    }


def _tensors(pairs):
    for pair in pairs:
        arrays = pair.split(np.asarray(pair.variable.numpy(), "float32"))
        for name, array in zip(pair.names, arrays, strict=True):
            yield name, np.ascontiguousarray(array)


def _write_json(path, content):
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
