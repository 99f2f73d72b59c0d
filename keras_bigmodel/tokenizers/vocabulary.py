"""Reads and writes WordPiece vocabularies and the settings that belong to them. Knows no text and no TensorFlow."""

import json
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.special_tokens import checked_ids

_FILES = ("tokenizer.json", "vocab.txt")
_NAMES_IN_NORMALIZER = {
    "lowercase": "lowercase",
    "strip_accents": "strip_accents",
    "handle_chinese_chars": "split_chinese",
}
_NAMES_IN_CONFIG = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "split_chinese",
    "unk_token": "unknown_token",
}
_DEFAULTS = {"lowercase": True, "strip_accents": None, "split_chinese": True, "unknown_token": "[UNK]"}


def read_vocabulary(folder):
    """Reads the vocabulary of a BERT folder, and the settings that its tokenizer was made with.

    `tokenizer.json` is preferred to `vocab.txt`; what `tokenizer_config.json` says outright wins over both, as in
    Hugging Face `transformers`. Without any word about it, text is lower-cased.

    Args:
        folder: str or path. Holds `tokenizer.json`, or `vocab.txt`.

    Returns:
        `(vocabulary, settings)`: a list of str in the order of the ids, and a dict for
        `WordPieceTokenizer(vocabulary, **settings)`.

    Raises:
        UserError: nothing is there, or the tokenizer is of another kind than BERT's WordPiece.
    """
    folder = Path(folder)
    found = next((folder / name for name in _FILES if (folder / name).is_file()), None)
    if found is None:
        raise UserError(
            f"No vocabulary in {folder}: looked for {' and '.join(_FILES)}, "
            f"found {_listing(folder)}. Give the folder that a BERT model was saved to."
        )
    vocabulary, settings = _READERS[found.name](found)
    checked_ids(vocabulary)
    config = folder / "tokenizer_config.json"
    said = _settings_of(_read_json(config), _NAMES_IN_CONFIG) if config.is_file() else {}
    return vocabulary, _DEFAULTS | settings | said


def write_vocabulary(path, vocabulary):
    """Writes one token a line, in the order of the ids, so that `read_vocabulary` reads the same list back.

    Args:
        path: str or path. The file, by custom `vocab.txt`.
        vocabulary: list of str.

    Raises:
        UserError: a token cannot be a line, or stands twice.
    """
    Path(path).write_bytes(vocabulary_lines(vocabulary).encode("utf-8"))


def vocabulary_lines(vocabulary):
    """Gives the text of a `vocab.txt`; see `write_vocabulary`."""
    for position, token in enumerate(checked_ids(vocabulary)):
        if "\n" in token or token.endswith("\r"):
            raise UserError(
                f"Token {position} of the vocabulary, {token!r}, holds a line break, and a line is one token. "
                "Remove it: no text can reach it, because line breaks are spaces to BERT."
            )
    return "".join(f"{token}\n" for token in vocabulary)


def vocabulary_from_lines(text):
    """Gives the tokens in the text of a `vocab.txt`."""
    # Not splitlines(): vocabularies hold U+2028, U+0085 and other characters that it takes for line ends.
    lines = text.removesuffix("\n").split("\n") if text else []
    return [line.removesuffix("\r") for line in lines]


def _read_vocab_txt(path):
    return vocabulary_from_lines(_read_text(path)), {}


def _read_tokenizer_json(path):
    content = _read_json(path)
    model, normalizer = content.get("model") or {}, content.get("normalizer") or {}
    splitter = content.get("pre_tokenizer") or {}
    # Files of `tokenizers` before 0.11 do not name the model's type.
    _refuse_other_kind(path, "model", model.get("type", "WordPiece"), "WordPiece")
    _refuse_other_kind(path, "normalizer", normalizer.get("type"), "BertNormalizer")
    _refuse_other_kind(path, "pre-tokenizer", splitter.get("type"), "BertPreTokenizer")
    prefix = model.get("continuing_subword_prefix", "##")
    if prefix != "##" or not normalizer.get("clean_text", True):
        raise UserError(
            f"{path} marks the inner pieces of a word with {prefix!r} and has clean_text="
            f"{normalizer.get('clean_text', True)}. Only BERT's own '##' and clean_text=True can be read."
        )
    settings = _settings_of(normalizer, _NAMES_IN_NORMALIZER) | _settings_of(
        model, {"unk_token": "unknown_token", "max_input_chars_per_word": "max_characters_per_word"}
    )
    ids = dict(model.get("vocab") or {})
    ids.update((added["content"], added["id"]) for added in content.get("added_tokens") or [])
    return _in_order(path, ids), settings


def _refuse_other_kind(path, part, kind, wanted):
    if kind != wanted:
        raise UserError(
            f"The {part} in {path} is {kind or 'absent'}, and BERT's is {wanted}. Only BERT's WordPiece can be read; "
            "give a BERT, DistilBERT, ELECTRA or MiniLM folder."
        )


def _in_order(path, ids):
    vocabulary = sorted(ids, key=ids.get)
    for position, token in enumerate(vocabulary):
        if ids[token] != position:
            raise UserError(
                f"The ids in {path} leave out or repeat {min(position, ids[token])} (near {token!r}). "
                "Ids must run from 0 without gaps: save the tokenizer again with its model."
            )
    return vocabulary


def _settings_of(content, names):
    values = {ours: content[theirs] for theirs, ours in names.items() if theirs in content}
    # A special token may be written as {"content": "[UNK]", "lstrip": false, ...}.
    return {name: value["content"] if isinstance(value, dict) else value for name, value in values.items()}


def _read_json(path):
    try:
        content = json.loads(_read_text(path))
    except json.JSONDecodeError as error:
        raise UserError(f"{path} is not JSON: {error}. Save the tokenizer again, or fetch the file anew.") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} holds a {type(content).__name__} where an object {{...}} was expected.")
    return content


def _read_text(path):
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error


def _listing(folder):
    if not folder.is_dir():
        return "no such folder"
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "nothing"


_READERS = {"tokenizer.json": _read_tokenizer_json, "vocab.txt": _read_vocab_txt}
