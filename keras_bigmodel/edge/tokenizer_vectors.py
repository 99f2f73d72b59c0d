"""Writes what a tokenizer in another language needs, and answers to check it by. Knows no network."""

import json

from keras_bigmodel.core.whole_folder import check_free, whole_folder
from keras_bigmodel.data.bundled_texts import parity_texts, support_messages
from keras_bigmodel.edge.lite_embedder import open_edge_model
from keras_bigmodel.tokenizers.bert_characters import BertCharacters
from keras_bigmodel.tokenizers.character_lines import character_lines
from keras_bigmodel.tokenizers.plain_word_piece_tokenizer import cut
from keras_bigmodel.tokenizers.vocabulary import vocabulary_lines
from keras_bigmodel.tokenizers.word_piece_settings import WordPieceSettings, room_for_text

VECTORS_FILE, VOCABULARY_FILE, CHARACTERS_FILE = "edge_vectors.json", "vocab.txt", "characters.txt"
FORMAT = 1
_NO_CHARACTERS = (0, 0)  # the span of a special token, as in Hugging Face
_SHOWN_ADDED_TOKENS = 20
_LONGEST_TEXT = 400  # characters; a longer one is truncated anyway, and fills the file


def write_vectors(path, folder):
    """Writes the vocabulary, the characters and the vectors of a model file, for a tokenizer on a phone.

    Args:
        path: path of a `.tflite`, `.onnx` or `.xml` (OpenVINO) file.
        folder: path of the new folder, which appears whole or not at all. See `write_tokenizer_vectors`.

    Raises:
        UserError: `folder` is there already or cannot be written, or as `open_edge_model`.
    """
    check_free(folder)
    model = open_edge_model(path, num_threads=1)
    write_tokenizer_vectors(model.tokenizer, folder, max_length=model.max_length, pairs=model.pairs)


def write_tokenizer_vectors(tokenizer, folder, *, max_length, pairs=False, texts=None):
    """Writes the files of a tokenizer into a new folder, which appears whole or not at all.

    `vocab.txt` has a token a line. `characters.txt` says what replaces each character with the settings of this
    tokenizer (`character_lines`). `edge_vectors.json` has the settings, and for each text the row that the model is
    given: ids with [CLS] and [SEP], truncated to `max_length`, and the span of each token in code points of its text;
    special tokens have the empty span (0, 0).

    Args:
        tokenizer: `PlainWordPieceTokenizer`.
        folder: path of the new folder.
        max_length: int. Maximum number of tokens of a row, special tokens included.
        pairs: bool. Whether each row is a pair of texts: one of the first half with one of the second half. Defaults
            to False.
        texts: list of str. Defaults to `vector_texts` of the added tokens.

    Raises:
        UserError: `folder` is there already or cannot be written, or `max_length` cannot hold the special tokens.
    """
    settings = WordPieceSettings(**tokenizer.settings())
    texts = vector_texts(settings.added_tokens) if texts is None else texts
    room = room_for_text(max_length, is_pair=pairs)
    characters = BertCharacters(
        settings.lowercase, strip_accents=settings.strips_accents, split_chinese=settings.split_chinese
    )
    written = {**tokenizer.settings(), "max_length": max_length, "pairs": pairs}
    half = len(texts) // 2
    rows = zip(texts[:half], texts[half:], strict=False) if pairs else ((text, None) for text in texts)
    vectors = [_vector(tokenizer, room, text, pair) for text, pair in rows]
    files = {
        VOCABULARY_FILE: vocabulary_lines(tokenizer.vocabulary),
        CHARACTERS_FILE: character_lines(characters),
        VECTORS_FILE: _as_json(written, vectors),
    }
    with whole_folder(folder) as new:
        for name, text in files.items():
            (new / name).write_bytes(text.encode("utf-8"))


def vector_texts(added_tokens=()):
    """Returns the texts of the vectors: list of str.

    They are the bundled texts in many languages, strings that are hard to tokenize, and texts with added tokens.

    Args:
        added_tokens: iterable of `AddedToken`. The texts have the first twenty of them. Defaults to none.
    """
    messages = {*support_messages("train")[0], *support_messages("test")[0]}
    contents = [token.content for token in added_tokens][:_SHOWN_ADDED_TOKENS]
    with_added = [f"{content} a{content}b {content.upper()} {content[1:]}{content}" for content in contents]
    return [text for text in parity_texts() if len(text) <= _LONGEST_TEXT and text not in messages] + with_added


def _vector(tokenizer, room, text, pair):
    """Returns the row of a text, or of a pair of texts: dict that JSON can store."""
    cls, sep = ((token_id, _NO_CHARACTERS) for token_id in (tokenizer.cls_id, tokenizer.sep_id))
    if pair is None:
        first, second = _tokens(tokenizer, text)[:room], []
    else:
        first, second = cut(_tokens(tokenizer, text), _tokens(tokenizer, pair), room)
        second = [*second, sep]
    tokens = [cls, *first, sep, *second]
    ids, spans = zip(*tokens, strict=True)
    vector = {"text": text, "token_ids": ids, "spans": spans}
    segments = {"text_pair": pair, "segment_ids": [0] * (len(first) + 2) + [1] * len(second)}
    return vector if pair is None else vector | segments


def _tokens(tokenizer, text):
    return list(zip(*tokenizer.tokenize_with_spans(text), strict=True))


def _as_json(settings, vectors):
    """Returns the text of the file in ASCII, a vector a line: no editor and no version control changes it."""
    lines = ",\n".join(json.dumps(vector, separators=(",", ":")) for vector in vectors)
    return f'{{"format": {FORMAT},\n"settings": {json.dumps(settings)},\n"vectors": [\n{lines}\n]}}\n'
