"""Reads the added tokens from the files of a tokenizer folder. Knows no text and no TensorFlow."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.model_files import read_json
from keras_bigmodel.tokenizers.special_tokens import REQUIRED

BERT_SPECIAL_TOKENS = (*REQUIRED, "[UNK]", "[MASK]")  # read as text where they are typed; see `WordPieceTokenizer`
_ADDED_FILE, _CONFIG_FILE = "added_tokens.json", "tokenizer_config.json"


def added_tokens_of(folder, vocabulary, *, in_json, config, special_map):
    """Returns the added tokens of a folder.

    The tokens are in the order of the ids that the files state. Tokens without a stated id come first.

    Args:
        folder: `Path` of the tokenizer folder.
        vocabulary: list of str. The tokens of the WordPiece model.
        in_json: list of dicts. `added_tokens` of `tokenizer.json`.
        config: dict. The contents of `tokenizer_config.json`.
        special_map: dict. The contents of `special_tokens_map.json`.

    Returns:
        dict of content → dict of `id` (int), `normalized` (bool) and `special` (bool).

    Raises:
        UserError: an entry has the wrong form, two files contradict each other, a token has `single_word`, or a special
            token has no id.
    """
    found = {token["content"]: token for token in in_json}
    decoder = _decoder(folder, config)
    _check_same_tokens(folder, found, decoder)
    found |= decoder
    for content, number in _added_file(folder).items():
        found.setdefault(content, {"id": number})
    for name in ("additional_special_tokens", "extra_special_tokens"):
        for content in _named(folder, config, name):
            found[content] = {"id": None, **found.get(content, {}), "special": True, "normalized": False}
    for content in _named(folder, special_map, "additional_special_tokens"):
        found.setdefault(content, {"id": None, "special": True, "normalized": False})
    places = {token: number for number, token in enumerate(vocabulary)}
    for content, token in found.items():
        _check(folder, content, token, places)
    return {
        content: {
            "id": places[content] if token["id"] is None else token["id"],
            "special": bool(token.get("special")),
            "normalized": bool(token.get("normalized", not token.get("special"))),
        }
        for content, token in sorted(found.items(), key=lambda item: item[1]["id"] or 0)
        if content
    }


def token_content(value):
    """Returns the content of a token that is written as a str or as {"content": "[UNK]", "lstrip": false, ...}."""
    return value.get("content") if isinstance(value, dict) else value


def _decoder(folder, config):
    """Returns the added tokens of `tokenizer_config.json`: dict of content → token with its `id`."""
    decoder, found = config.get("added_tokens_decoder") or {}, {}
    entries = decoder.items() if isinstance(decoder, dict) else [(None, decoder)]
    for number, token in entries:
        fits = isinstance(token, dict) and isinstance(token.get("content"), str) and str(number).isdecimal()
        if not fits or not all(isinstance(value, bool) for name, value in token.items() if name != "content"):
            raise UserError(
                f"added_tokens_decoder in {folder / _CONFIG_FILE} holds {number!r}: {token!r:.60}; wanted an id and a "
                "token with its content. Save the tokenizer again with its model."
            )
        found[token["content"]] = {**token, "id": int(number)}
    return found


def _added_file(folder):
    path = folder / _ADDED_FILE
    found = read_json(path) if path.is_file() else {}
    for content, number in found.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise UserError(f"{path} gives {content!r} the id {number!r:.40}; wanted a whole number, 0 or more.")
    return found


def _check_same_tokens(folder, in_json, decoder):
    """Raises `UserError` if two files list different added tokens: transformers reads only one of the files."""
    ours, theirs = _facts(in_json), _facts(decoder)
    if ours and theirs and ours != theirs:
        other = sorted(ours.items() ^ theirs.items())[0][0]
        raise UserError(
            f"tokenizer.json and tokenizer_config.json (added_tokens_decoder) in {folder} have other added tokens, "
            f"{other!r} among them. Save the tokenizer again with its model."
        )


def _facts(tokens):
    return {
        content: (token["id"], bool(token.get("normalized")), bool(token.get("single_word")))
        for content, token in tokens.items()
        if content not in BERT_SPECIAL_TOKENS
    }


def _named(folder, content, name):
    tokens = content.get(name) or []
    tokens = list(tokens.values()) if isinstance(tokens, dict) else tokens
    named = [token_content(token) for token in tokens] if isinstance(tokens, list) else [None]
    if not all(isinstance(token, str) for token in named):
        raise UserError(f"{name} of the tokenizer of {folder} is {tokens!r:.60}; wanted a list of tokens.")
    return named


def _check(folder, content, token, places):
    if token.get("single_word"):
        raise UserError(
            f"{folder} has the added token {content!r} as a word of its own (single_word), which is not read. Add it "
            "to the tokenizer without single_word, and save it again."
        )
    if token["id"] is None and content not in places:
        raise UserError(
            f"{folder} names the special token {content!r}, and no file gives it an id. Save the tokenizer again with "
            "its model."
        )
