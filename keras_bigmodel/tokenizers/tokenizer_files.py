"""Reads the tokenizer's vocabulary and settings from a Hugging Face folder. Knows no text and no TensorFlow."""

import functools
import json
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.model_files import read_json, read_text
from keras_bigmodel.tokenizers.added_token_files import BERT_SPECIAL_TOKENS, added_tokens_of, token_content
from keras_bigmodel.tokenizers.added_tokens import AddedToken

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
# Classes that split text as BERT does, whatever the files say; then classes that follow tokenizer.json.
_BERT_CLASSES = {
    f"{name}Tokenizer{fast}"
    for name in ("Bert", "DistilBert", "Electra", "MobileBert", "SqueezeBert")
    for fast in ("", "Fast")
}
_FILE_CLASSES = {"PreTrainedTokenizerFast", "TokenizersBackend"}
_LONGEST_WORD = 100_000  # characters


class TokenizerFiles:
    """Reads `tokenizer.json` or `vocab.txt`, `tokenizer_config.json`, `added_tokens.json`, `special_tokens_map.json`.

    A tokenizer built from the result returns the same ids as Hugging Face transformers 5. A folder for which this is
    not certain raises `UserError`.

    Args:
        folder: str or path.

    Raises:
        UserError: there is no vocabulary, a file cannot be read, or the tokenizer is not BERT's.
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
        if self._json:
            _check_tokenizers_reads(found)
        self._config = self._read("tokenizer_config.json")
        self._map = self._read("special_tokens_map.json")
        self._check_class()
        self._check_special_tokens()
        if self._json:
            self._check_kinds_of_parts()
        self._base = self._base_vocabulary()
        self._check_no_sentence_pieces()

    def vocabulary(self):
        """Returns all tokens in the order of their ids: list of str.

        Raises:
            UserError: an id is missing or occurs twice, a token has two ids, or the files contradict each other.
        """
        ids = {token: number for number, token in enumerate(self._base)}
        for content, added in self._added.items():
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
        """Returns the arguments of `WordPieceTokenizer` except the vocabulary: dict.

        Raises:
            UserError: a setting is invalid, or the files contradict each other or the tokenizer's class.
        """
        said = _renamed(self._config, _NAMES_IN_CONFIG)
        file = _renamed(self._json.get("normalizer") or {}, _NAMES_IN_NORMALIZER)
        file |= _renamed(self._json.get("model") or {}, _NAMES_IN_MODEL)
        unknown = token_content(self._map.get("unk_token"))
        if unknown is not None and unknown != (_DEFAULTS | file | said)["unknown_token"]:
            raise UserError(
                f"special_tokens_map.json in {self.folder} has {unknown!r} as its unk_token, and the other files "
                f"{(_DEFAULTS | file | said)['unknown_token']!r}. Save the tokenizer again with its model."
            )
        if self._class in _FILE_CLASSES:
            settings = _DEFAULTS | file
        else:
            settings = _DEFAULTS | said
            self._check_no_contradiction(file, said, settings)
        self._check_settings(settings)
        pieces = set(self._base)
        splits_special = bool(self._config.get("split_special_tokens"))
        added = [
            AddedToken(content, normalized=token["normalized"], is_piece=content in pieces)
            for content, token in self._added.items()
            if content not in (*BERT_SPECIAL_TOKENS, settings["unknown_token"])
            and not (token["special"] and splits_special)
        ]
        return settings | ({"added_tokens": added} if added else {})

    def _check_settings(self, settings):
        kinds = {
            "lowercase": (bool,),
            "strip_accents": (bool, type(None)),
            "split_chinese": (bool,),
            "unknown_token": (str,),
            "max_characters_per_word": (int,),
        }
        written = {ours: theirs for theirs, ours in {**_NAMES_IN_CONFIG, **_NAMES_IN_MODEL}.items()}
        for name, types in kinds.items():
            if type(settings[name]) not in types or (types == (int,) and not 0 < settings[name] <= _LONGEST_WORD):
                raise UserError(
                    f"The tokenizer of {self.folder} has {written[name]}={settings[name]!r:.40}, which is no "
                    f"{' or '.join(kind.__name__ for kind in types)} that a tokenizer takes. Save it again with its "
                    "model."
                )

    # ---- the contents of the files

    @functools.cached_property
    def _class(self):
        of_model = self._read("config.json").get("tokenizer_class")
        return str(self._config.get("tokenizer_class") or of_model or "BertTokenizer")

    def _read(self, name):
        path = self.folder / name
        return read_json(path) if path.is_file() else {}

    def _base_vocabulary(self):
        """Returns the tokens of the WordPiece model; the last of repeated tokens is used, as in Hugging Face."""
        if not self._json:
            lines = vocabulary_from_lines(read_text(self._path))
            spaced = [number for number, token in enumerate(lines, 1) if token.strip() and token != token.strip(" \t")]
            if spaced:
                raise UserError(
                    f"Line {spaced[0]} of {self._path} has spaces around its token ({lines[spaced[0] - 1]!r}), as have "
                    f"{len(spaced)} in all. Remove them: some programs take them for a part of the token, some do not."
                )
            return _unrepeated(lines)
        ids = self._json["model"].get("vocab") or {}
        return self._in_order(ids)

    @functools.cached_property
    def _added(self):
        files = {"in_json": self._json.get("added_tokens") or [], "config": self._config, "special_map": self._map}
        return added_tokens_of(self.folder, self._base, **files)

    # ---- checks that the tokenizer is BERT's

    def _check_class(self):
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

    def _check_special_tokens(self):
        for name, wanted in _SPECIAL.items():
            for source in (self._config, self._map):
                found = token_content(source.get(name, wanted))
                if found not in (None, wanted):
                    raise UserError(
                        f"The tokenizer of {self.folder} has {found!r} as its {name}, and BERT's is {wanted}. Only "
                        "BERT's own special tokens can be read."
                    )

    def _check_kinds_of_parts(self):
        for name in ("model", "normalizer", "pre_tokenizer", "post_processor"):
            if not isinstance(self._json.get(name) or {}, dict):
                raise UserError(
                    f"{self._path} has {name}={self._json[name]!r:.60}; wanted an object. Save the tokenizer again "
                    "with its model."
                )
        model, normalizer = self._json.get("model") or {}, self._json.get("normalizer") or {}
        splitter = self._json.get("pre_tokenizer") or {}
        # Files of `tokenizers` before 0.11 do not name the model's type.
        self._check_kind("model", model.get("type", "WordPiece"), "WordPiece")
        self._check_kind("normalizer", normalizer.get("type"), "BertNormalizer")
        self._check_kind("pre-tokenizer", splitter.get("type"), "BertPreTokenizer")
        prefix, clean = model.get("continuing_subword_prefix", "##"), normalizer.get("clean_text", True)
        if prefix != "##" or not clean:
            raise UserError(
                f"{self._path} marks the inner pieces of a word with {prefix!r} and has clean_text={clean}. Only "
                "BERT's own '##' and clean_text=True can be read."
            )
        ids = self._json["model"].get("vocab") or {}
        if self._class in _FILE_CLASSES and not _puts_special_tokens(self._json.get("post_processor"), ids):
            raise UserError(
                f"{self._path} does not put the vocabulary's [CLS] before a text and its [SEP] behind it "
                "(post_processor), as BERT does. Only BERT's own order can be read."
            )

    def _check_kind(self, part, kind, wanted):
        if kind != wanted:
            raise UserError(
                f"The {part} in {self._path} is {kind or 'absent'}, and BERT's is {wanted}. Only BERT's WordPiece can "
                "be read; give a BERT, DistilBERT, ELECTRA or MiniLM folder."
            )

    def _check_no_contradiction(self, file, said, settings):
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

    def _check_no_sentence_pieces(self):
        marked = sum(token.startswith("▁") for token in self._base)
        if marked and not any(token.startswith("##") for token in self._base):
            raise UserError(
                f"{marked} of {len(self._base)} tokens in {self._path} begin with ▁: they are pieces of SentencePiece, "
                "and only BERT's WordPiece can be read. Give a model with BERT's tokenizer."
            )


def vocabulary_from_lines(text):
    """Returns the tokens in the text of a `vocab.txt`: list of str."""
    # Not splitlines(): vocabularies contain U+2028, U+0085 and other characters that it treats as line ends.
    lines = text.removesuffix("\n").split("\n") if text else []
    return [line.removesuffix("\r") for line in lines]


def _unrepeated(tokens):
    """Renames all but the last of equal tokens to names that no word can match: BERT splits words at brackets."""
    last = {token: number for number, token in enumerate(tokens)}
    return [token if last[token] == number else f"[repeated {number}]" for number, token in enumerate(tokens)]


def _strips(settings):
    """Returns whether accents are stripped; None means as `lowercase`."""
    return settings["lowercase"] if settings["strip_accents"] is None else settings["strip_accents"]


def _renamed(content, names):
    return {ours: token_content(content[theirs]) for theirs, ours in names.items() if theirs in content}


def _puts_special_tokens(processor, ids):
    """Returns whether a post-processor adds a vocabulary's [CLS] before a text and its [SEP] after it."""
    processor, wanted = processor or {}, [[name, ids.get(name)] for name in ("[CLS]", "[SEP]")]
    if processor.get("type") == "BertProcessing":
        return [list(processor[name]) for name in ("cls", "sep")] == wanted
    if processor.get("type") != "TemplateProcessing":
        return False
    single = [next(iter(part.values())).get("id") for part in processor["single"]]
    special = processor.get("special_tokens") or {}
    return (
        single == ["[CLS]", "A", "[SEP]"]
        and [[name, *special.get(name, {}).get("ids", ())] for name, _ in wanted] == wanted
    )


def _check_tokenizers_reads(path):
    from tokenizers import Tokenizer  # here: a machine for LiteRT files does not have it, and reads no such file

    try:
        Tokenizer.from_file(str(path))
    except BaseException as error:  # it raises plain exceptions, and its own BaseException where it panics
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise UserError(
            f"{path} is no file that Hugging Face tokenizers can read. Save the tokenizer again, or fetch the file "
            "anew."
        ) from error


def _listing(folder):
    if not folder.is_dir():
        return "no such folder"
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "nothing"
