"""What a Hugging Face folder says of its tokenizer, file by file. Knows no text and no TensorFlow."""

import json
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.added_tokens import AddedToken
from keras_bigmodel.tokenizers.special_tokens import REQUIRED

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
_NAMES_IN_MODEL = {"unk_token": "unknown_token", "max_input_chars_per_word": "max_characters_per_word"}
_DEFAULTS = {
    "lowercase": True,
    "strip_accents": None,
    "split_chinese": True,
    "unknown_token": "[UNK]",
    "max_characters_per_word": 100,
}
_SPECIAL = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
_CORE = (*REQUIRED, "[UNK]", "[MASK]")  # typed, these are text here; see `WordPieceTokenizer`
# Classes that cut text as BERT does, whatever the files say; and those that do what tokenizer.json says.
_BERT_CLASSES = {
    f"{name}Tokenizer{fast}"
    for name in ("Bert", "DistilBert", "Electra", "MobileBert", "SqueezeBert", "RetriBert")
    for fast in ("", "Fast")
}
_FILE_CLASSES = {"PreTrainedTokenizerFast", "TokenizersBackend"}
_LARGE_FILE = b"version https://git-lfs"


class TokenizerFiles:
    """Reads `tokenizer.json` or `vocab.txt`, `tokenizer_config.json`, `added_tokens.json`, `special_tokens_map.json`.

    What comes out gives the ids that Hugging Face transformers 5 gives, or the folder is refused.

    Args:
        folder: path.

    Raises:
        UserError: there is no vocabulary, or the tokenizer is another than BERT's.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        found = next((self.folder / name for name in _FILES if (self.folder / name).is_file()), None)
        if found is None:
            raise UserError(
                f"No vocabulary in {folder}: looked for {' and '.join(_FILES)}, found {_listing(self.folder)}. Give "
                "the folder that a BERT model was saved to."
            )
        self._path = found
        self._json = read_json(found) if found.suffix == ".json" else {}
        self._config = self._read("tokenizer_config.json")
        self._map = self._read("special_tokens_map.json")
        self._refuse_other_classes()
        self._refuse_other_special_tokens()
        if self._json:
            self._refuse_other_kinds()
        self._base = self._base_vocabulary()
        self._refuse_sentence_pieces()

    def vocabulary(self):
        """Returns every token, in the order of the ids: a list of str.

        Raises:
            UserError: ids are left out or given twice.
        """
        ids = {token: number for number, token in enumerate(self._base)}
        for content, added in self._added().items():
            if ids.setdefault(content, added["id"]) != added["id"]:
                raise UserError(
                    f"{self.folder} gives the token {content!r} the ids {ids[content]} and {added['id']}. Save the "
                    "tokenizer again with its model."
                )
        return self._in_order(ids)

    def _in_order(self, ids):
        tokens = sorted(ids, key=ids.get)
        for position, token in enumerate(tokens):
            if ids[token] != position:
                raise UserError(
                    f"The ids of the tokens in {self.folder} leave out or repeat {min(position, ids[token])} (near "
                    f"{token!r}). Ids must run from 0 without gaps: save the tokenizer again with its model."
                )
        return tokens

    def settings(self):
        """Returns the arguments of `WordPieceTokenizer` beside the vocabulary, as a dict.

        Raises:
            UserError: `tokenizer.json` says one thing, and the class that reads it another.
        """
        said = _renamed(self._config, _NAMES_IN_CONFIG)
        file = _renamed(self._json.get("normalizer") or {}, _NAMES_IN_NORMALIZER)
        file |= _renamed(self._json.get("model") or {}, _NAMES_IN_MODEL)
        if self._class in _FILE_CLASSES:
            settings = _DEFAULTS | file
        else:
            settings = _DEFAULTS | said
            self._refuse_contradictions(file, said, settings)
        added = [
            AddedToken(content, normalized=token["normalized"], is_piece=content in set(self._base))
            for content, token in self._added().items()
            if content not in (*_CORE, settings["unknown_token"]) and not self._is_split(token)
        ]
        return settings | ({"added_tokens": added} if added else {})

    # ---- the parts

    @property
    def _class(self):
        of_model = self._read("config.json").get("tokenizer_class")
        return self._config.get("tokenizer_class") or of_model or "BertTokenizer"

    def _read(self, name):
        path = self.folder / name
        return read_json(path) if path.is_file() else {}

    def _base_vocabulary(self):
        """Returns the tokens of the WordPiece model; of a repeated one the last counts, as in Hugging Face."""
        if not self._json:
            return _unrepeated(vocabulary_from_lines(read_text(self._path)))
        ids = self._json["model"].get("vocab") or {}
        if not isinstance(ids, dict) or not all(isinstance(number, int) for number in ids.values()):
            raise UserError(f"{self._path} has no vocabulary of tokens with whole numbers. Fetch the file anew.")
        return self._in_order(ids)

    def _added(self):
        """Returns dict of content → `id`, `normalized`, `special` of the added tokens, in the order of the ids."""
        decoder = self._config.get("added_tokens_decoder") or {}
        found = {token["content"]: token for token in self._json.get("added_tokens") or []}
        found |= {token["content"]: {**token, "id": int(number)} for number, token in decoder.items()}
        for content, number in self._read("added_tokens.json").items():
            found.setdefault(content, {"id": number})
        special = [*_named(self._config, "additional_special_tokens"), *_named(self._config, "extra_special_tokens")]
        for content in special:
            found[content] = {"id": None, **found.get(content, {}), "special": True, "normalized": False}
        for content in _named(self._map, "additional_special_tokens"):
            found.setdefault(content, {"id": None, "special": True, "normalized": False})
        places = {token: number for number, token in enumerate(self._base)}
        for content, token in found.items():
            self._check_added(content, token, places)
        return {
            content: {
                "id": places.get(content, token["id"]) if token["id"] is None else token["id"],
                "special": bool(token.get("special")),
                "normalized": bool(token.get("normalized", not token.get("special"))),
            }
            for content, token in sorted(found.items(), key=lambda item: item[1]["id"] or 0)
            if content
        }

    def _check_added(self, content, token, places):
        if token.get("single_word"):
            raise UserError(
                f"{self.folder} has the added token {content!r} as a word of its own (single_word), which is not read. "
                "Add it to the tokenizer without single_word, and save it again."
            )
        if token["id"] is None and content not in places:
            raise UserError(
                f"{self.folder} names the special token {content!r}, and no file gives it an id. Save the tokenizer "
                "again with its model."
            )

    def _is_split(self, token):
        return token["special"] and bool(self._config.get("split_special_tokens"))

    # ---- what is no BERT tokenizer

    def _refuse_other_classes(self):
        if self._config.get("auto_map"):
            raise UserError(
                f"The tokenizer of {self.folder} is code of its own (auto_map in tokenizer_config.json), which is not "
                "run. Give a model with BERT's tokenizer."
            )
        words = {name: self._config.get(name) for name in ("word_tokenizer_type", "subword_tokenizer_type")}
        other = [f"{name}={value}" for name, value in words.items() if value not in (None, "basic", "wordpiece")]
        if self._class not in _BERT_CLASSES | _FILE_CLASSES or other:
            raise UserError(
                f"The tokenizer of {self.folder} is {', '.join([self._class, *other])}, and only BERT's WordPiece can "
                "be read. Give a model with BERT's tokenizer."
            )
        if self._class in _FILE_CLASSES and not self._json:
            raise UserError(
                f"The tokenizer of {self.folder} is {self._class}, which reads tokenizer.json, and there is none. Copy "
                "it from the model."
            )

    def _refuse_other_special_tokens(self):
        for name, wanted in _SPECIAL.items():
            for source in (self._config, self._map):
                found = _content(source.get(name, wanted))
                if found not in (None, wanted):
                    raise UserError(
                        f"The tokenizer of {self.folder} has {found!r} as its {name}, and BERT's is {wanted}. Only "
                        "BERT's own special tokens can be read."
                    )

    def _refuse_other_kinds(self):
        model, normalizer = self._json.get("model") or {}, self._json.get("normalizer") or {}
        splitter = self._json.get("pre_tokenizer") or {}
        # Files of `tokenizers` before 0.11 do not name the model's type.
        self._refuse_other_kind("model", model.get("type", "WordPiece"), "WordPiece")
        self._refuse_other_kind("normalizer", normalizer.get("type"), "BertNormalizer")
        self._refuse_other_kind("pre-tokenizer", splitter.get("type"), "BertPreTokenizer")
        prefix, clean = model.get("continuing_subword_prefix", "##"), normalizer.get("clean_text", True)
        if prefix != "##" or not clean:
            raise UserError(
                f"{self._path} marks the inner pieces of a word with {prefix!r} and has clean_text={clean}. Only "
                "BERT's own '##' and clean_text=True can be read."
            )
        if self._class in _FILE_CLASSES and not _puts_special_tokens(self._json.get("post_processor")):
            raise UserError(
                f"{self._path} does not put [CLS] before a text and [SEP] behind it (post_processor), as BERT does. "
                "Only BERT's own order can be read."
            )

    def _refuse_other_kind(self, part, kind, wanted):
        if kind != wanted:
            raise UserError(
                f"The {part} in {self._path} is {kind or 'absent'}, and BERT's is {wanted}. Only BERT's WordPiece can "
                "be read; give a BERT, DistilBERT, ELECTRA or MiniLM folder."
            )

    def _refuse_contradictions(self, file, said, settings):
        written = {ours: theirs for theirs, ours in _NAMES_IN_CONFIG.items()}
        for name in file.keys() - said.keys():
            if file[name] == settings[name] or (
                _strips(_DEFAULTS | file) == _strips(settings) and name == "strip_accents"
            ):
                continue
            advice = f"Write there which is right, e.g. {json.dumps({written.get(name): file[name]})}."
            if name not in written:
                advice = "Correct the file, or name there the class that reads it: PreTrainedTokenizerFast."
            raise UserError(
                f"{self._path} says {name}={file[name]!r}, and transformers' {self._class} takes {settings[name]!r} "
                f"unless tokenizer_config.json says otherwise. {advice}"
            )

    def _refuse_sentence_pieces(self):
        marked = sum(token.startswith("▁") for token in self._base)
        if marked and not any(token.startswith("##") for token in self._base):
            raise UserError(
                f"{marked} of {len(self._base)} tokens in {self._path} begin with ▁: they are pieces of SentencePiece, "
                "and only BERT's WordPiece can be read. Give a model with BERT's tokenizer."
            )


def vocabulary_from_lines(text):
    """Returns the tokens in the text of a `vocab.txt`."""
    # Not splitlines(): vocabularies hold U+2028, U+0085 and other characters that it takes for line ends.
    lines = text.removesuffix("\n").split("\n") if text else []
    return [line.removesuffix("\r") for line in lines]


def read_json(path):
    """Returns the JSON object in a file.

    Raises:
        UserError: it is no such file.
    """
    try:
        content = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"{path} is not JSON: {error}. Save the tokenizer again, or fetch the file anew.") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} holds a {type(content).__name__} where an object {{...}} was expected.")
    return content


def read_text(path):
    """Returns the text of a file.

    Raises:
        UserError: it is not UTF-8, or stands for a file that Git keeps elsewhere.
    """
    content = path.read_bytes()
    refuse_git_pointer(path, content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error


def refuse_git_pointer(path, content):
    """Refuses the first bytes of a file that only say where Git LFS keeps it."""
    if content.startswith(_LARGE_FILE):
        raise UserError(
            f"{path} is a pointer of Git LFS, not the file itself. Fetch it: git lfs install && git lfs pull, in the "
            "folder of the model."
        )


def _unrepeated(tokens):
    """Renames all but the last of equal tokens, to what no text can reach: BERT parts words at brackets."""
    last = {token: number for number, token in enumerate(tokens)}
    return [token if last[token] == number else f"[repeated {number}]" for number, token in enumerate(tokens)]


def _strips(settings):
    """None means: as the lower-casing."""
    return settings["lowercase"] if settings["strip_accents"] is None else settings["strip_accents"]


def _renamed(content, names):
    return {ours: _content(content[theirs]) for theirs, ours in names.items() if theirs in content}


def _content(value):
    """A special token may be written as {"content": "[UNK]", "lstrip": false, ...}."""
    return value.get("content") if isinstance(value, dict) else value


def _named(content, name):
    tokens = content.get(name) or []
    return [_content(token) for token in (tokens.values() if isinstance(tokens, dict) else tokens)]


def _puts_special_tokens(processor):
    processor = processor or {}
    if processor.get("type") == "BertProcessing":
        return [(processor.get(name) or [None])[0] for name in ("cls", "sep")] == ["[CLS]", "[SEP]"]
    if processor.get("type") != "TemplateProcessing":
        return False
    single = [next(iter(part.values())).get("id") for part in processor.get("single") or []]
    return single == ["[CLS]", "A", "[SEP]"]


def _listing(folder):
    if not folder.is_dir():
        return "no such folder"
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "nothing"
