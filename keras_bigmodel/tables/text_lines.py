"""Decodes a file into lines of text, and locates the first invalid byte. Knows encodings; no columns."""

import codecs
import io
import re

from keras_bigmodel.core.errors import UserError

# Longest first: the byte order mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK = 1 << 20
# Common Chinese characters: about every sixth character of a Chinese text, and none in bytes that are misread.
_COMMON_HAN = frozenset(
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后么"
)


def text_lines(path, encoding=None):
    r"""Yields the lines of a file one at a time, with their line ends.

    Args:
        path: path of the file.
        encoding: str or None. Defaults to None: that of the byte order mark, else UTF-8.

    Yields:
        str: a line, ended by `\n`, `\r\n` or `\r`. A byte order mark is removed from the first line.

    Raises:
        UserError: the encoding is unknown, bytes are invalid in it, a line has a NUL character, or reading fails.
    """
    encoding = known_encoding(encoding) if encoding else _marked(path) or "utf-8"
    number = 0
    try:
        with open(path, encoding=encoding, newline="") as file:
            for number, line in enumerate(file, 1):
                if "\0" in line:
                    raise UserError(_nul(path, number, encoding))
                yield line.removeprefix("\ufeff") if number == 1 else line
    except UnicodeError as error:
        raise UserError(_wrong_byte(path, encoding)) from error
    except OSError as error:
        raise UserError(f"{path} cannot be read after line {number}: {error.strerror or error}.") from error


def known_encoding(encoding):
    """Returns the name of an encoding, and checks that it is a text encoding.

    Args:
        encoding: str.

    Raises:
        UserError: there is no text encoding of that name.
    """
    try:
        # _is_text_encoding: "base64" and "zip" are codecs, too, for which open() raises an error of its own.
        if codecs.lookup(encoding)._is_text_encoding:
            return encoding
    except (LookupError, ValueError):
        pass
    raise UserError(f'--encoding "{encoding}" is not known. Give one such as utf-8, utf-16, gb18030, big5 or cp1252.')


def _marked(path):
    with open(path, "rb") as file:
        first = file.read(4)
    return next((encoding for mark, encoding in _MARKS if first.startswith(mark)), None)


def _nul(path, number, encoding):
    with open(path, "rb") as file:
        guess = guess_encoding(file.read(_BLOCK))
    if guess is None or guess == encoding or not guess.startswith("utf-16"):
        return (
            f"Line {number} of {path} holds a NUL character, which no text has. Remove it, or give the table itself, "
            "if this is another kind of file."
        )
    return f"Line {number} of {path} holds NUL characters. It looks like UTF-16: give --encoding {guess}."


def _wrong_byte(path, encoding):
    """Reads a file again, and returns a message that locates the first invalid byte: str."""
    decoder, newlines, line = codecs.getincrementaldecoder(encoding)(), io.IncrementalNewlineDecoder(None, True), 1
    is_encoded = False  # whether a character outside ASCII was decoded
    with open(path, "rb") as file:
        beginning = file.read(_BLOCK)  # UTF-16 is detected by the positions of zeros from the start of the file
        file.seek(0)
        while True:
            block = file.read(_BLOCK)
            try:
                text = decoder.decode(block, final=not block)
                line, is_encoded = line + newlines.decode(text).count("\n"), is_encoded or not text.isascii()
            except UnicodeDecodeError as error:
                line += newlines.decode(_good(error)).count("\n")
                # "caf" and half of a character may be in any encoding; after a complete character it is truncated.
                if not block and is_encoded and encoding.lower().startswith("utf-8"):
                    return (
                        f"{path} breaks off in the middle of a character, in line {line}: it was not copied whole. "
                        "Copy it again."
                    )
                sample = error.object[error.object.rfind(b"\n", 0, error.start) + 1 :]
                guess = _guess_utf_16(beginning) or guess_encoding(sample)
                return _advised(path, encoding, line, error.object[error.start], guess)
            except UnicodeError:
                break
            if not block:
                break
    return f"{path} cannot be read as {encoding}. Name its encoding with --encoding, e.g. --encoding gb18030."


def _good(error):
    """Returns the text before the invalid byte, or "" if the codec reports a name that cannot be looked up."""
    try:
        return error.object[: error.start].decode(error.encoding, "ignore")
    except (LookupError, UnicodeError):
        return ""


def _advised(path, encoding, line, byte, guess):
    looks = "e.g. --encoding gb18030 or --encoding cp1252" if guess is None else f"--encoding {guess} looks right"
    return (
        f"{path} is not {encoding}: line {line} has the byte 0x{byte:02X}. Name its encoding with --encoding; {looks}."
    )


def guess_encoding(sample):
    """Returns the likely encoding of bytes that are not UTF-8.

    Args:
        sample: bytes. Some thousands of them.

    Returns:
        str or None: `"utf-16-le"`, `"utf-16-be"`, `"gb18030"` or `"cp1252"`; None if none of them is plausible.

    >>> guess_encoding("我们的房间很大，服务也是一样的好".encode("gb18030"))
    'gb18030'
    """
    return _guess_utf_16(sample) or _guess_chinese(sample) or _guess_western(sample)


def _guess_utf_16(sample):
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) < 0.2 * (len(sample) // 2) or min(even, odd) > 0.1 * max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _guess_chinese(sample):
    han = [letter for letter in sample.decode("gb18030", "ignore") if "\u4e00" <= letter <= "\u9fff"]
    common = sum(letter in _COMMON_HAN for letter in han)
    return "gb18030" if han and common >= 0.08 * len(han) else None


def _guess_western(sample):
    """Returns "cp1252" if bytes above 127 are rare and in short runs, as accented letters and typographic marks are."""
    try:
        sample.decode("cp1252")
    except UnicodeDecodeError:
        return None
    runs = re.findall(rb"[\x80-\xff]+", sample)
    if not runs or sum(map(len, runs)) > 0.25 * len(sample) + 1 or max(map(len, runs)) > 3:
        return None
    if sum(run[0] >= 0xC2 and all(0x80 <= byte < 0xC0 for byte in run[1:]) for run in runs if len(run) > 1):
        return None  # such runs are UTF-8: the file is damaged, not in another encoding
    return "cp1252"
