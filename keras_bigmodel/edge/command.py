"""Defines the program `bigmodel-edge`: labels or embeds texts with a file. Knows no TensorFlow and no Keras."""

import argparse
import itertools
import sys

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.standard_streams import (
    SIGPIPE_EXIT,
    ReaderLeftError,
    discard_output,
    json_text,
    standard_streams,
)

_ROWS = 1000  # lines that are read and answered at once
_EPILOG = 'Example: bigmodel-edge model.tflite "where is my order". Without texts, standard input has one a line.'


def main(arguments=None):
    """Runs the program, and exits with code 2 and one sentence on bad input.

    Args:
        arguments: list of str. Defaults to the command line's.
    """
    options = _parser().parse_args(arguments)
    try:
        with standard_streams():
            for line in _answers(options):
                print(line)
    except UserError as error:
        discard_output()
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
    except ReaderLeftError:
        discard_output()
        sys.exit(SIGPIPE_EXIT)


def _parser():
    parser = argparse.ArgumentParser(
        prog="bigmodel-edge", description="Label or embed texts with a LiteRT, ONNX or OpenVINO file.", epilog=_EPILOG
    )
    parser.add_argument("model", help="a .tflite, .onnx or .xml (OpenVINO) file that bigmodel export wrote")
    parser.add_argument("texts", nargs="*", metavar="text", help="texts to label; of a model of pairs, two of each")
    parser.add_argument("--file", help="file of texts in UTF-8, one a line; of pairs, with a TAB between the two")
    parser.add_argument("--top-k", type=int, help="labels of each answer; default: all")
    parser.add_argument("--threads", type=int, help="threads to compute with; default: all processors")
    parser.add_argument("--vectors", metavar="FOLDER", help="write what a tokenizer on a phone needs into a new folder")
    parser.add_argument("--json", action="store_true", help="print each answer as a line of JSON, as vectors are")
    return parser


def _answers(options):
    """Yields the line of each answer."""
    from keras_bigmodel.edge.lite_embedder import open_edge_model

    if options.vectors is not None:
        yield _write_vectors(options)
        return
    if options.texts and options.file is not None:
        raise UserError("Texts and --file came; wanted one of them.")
    model = open_edge_model(options.model, num_threads=options.threads)
    answer, nothing = _answerer(model, options)
    texts = _texts(options, model.pairs)
    while rows := list(itertools.islice(texts, _ROWS)):
        full = [row for row in rows if _has_text(row)]
        answers = iter(answer(full) if full else ())
        for row in rows:
            shown = dict(zip(model.columns, row if model.pairs else [row], strict=True))
            yield _line(shown, next(answers) if _has_text(row) else nothing, options.json)


def _has_text(row):
    """Returns whether there is something to answer in a row: as in `bigmodel predict`, its first text counts."""
    return bool((row if isinstance(row, str) else row[0]).strip())


def _answerer(model, options):
    """Returns a function from texts to their answers as dicts for JSON, and the answer of a row without a text."""
    if hasattr(model, "classify"):
        read = lambda texts: [one.as_json() for one in model.classify(texts, top_k=options.top_k)]
        return read, model.reader.empty_json()
    if options.top_k is not None:
        raise UserError(f"--top-k came, and {options.model} gives vectors, which have no labels. Leave it out.")
    # By its text a float32 is the shortest number that reads back as the same; as a float it has nine digits more.
    read = lambda texts: [{"embedding": [float(str(number)) for number in row]} for row in model.embed(texts)]
    return read, {"embedding": None}


def _write_vectors(options):
    """Writes the vectors of a model, and returns the line that says so."""
    from keras_bigmodel.edge.tokenizer_vectors import write_vectors

    if options.texts or options.file is not None or options.top_k is not None:
        raise UserError("--vectors came with texts, --file or --top-k, which it does not use. Leave them out.")
    write_vectors(options.model, options.vectors)
    return f"{options.vectors}: vocab.txt, characters.txt, edge_vectors.json"


def _line(shown, answer, as_json):
    """Returns the line of an answer; a row without a text has null for its answer, or nothing in front of it.

    A vector is always a line of JSON: numbers in columns would be as many columns as the vector has entries.
    """
    if as_json or "embedding" in answer:
        return json_text({**shown, **answer}, getattr(sys.stdout, "encoding", None))
    return "\t".join([*_words(answer), *shown.values()])


def _words(answer):
    """Returns what is shown of an answer: the label and its probability, the labels, or the number."""
    if "score" in answer:
        return ["" if answer["score"] is None else f"{answer['score']:g}"]
    if "labels" in answer:
        return [", ".join(answer["labels"] or ())]
    label, probability = answer["label"], answer["probability"]
    return ["" if label is None else label, "" if label is None else f"{probability:.4f}"]


def _texts(options, pairs):
    """Yields the texts, or the pairs of texts."""
    if options.texts:
        if pairs and len(options.texts) % 2:
            raise UserError(f"The model takes pairs of texts, and {len(options.texts)} texts came; wanted two of each.")
        yield from zip(options.texts[::2], options.texts[1::2], strict=True) if pairs else options.texts
        return
    for number, line in enumerate(_lines(options.file), 1):
        row = tuple(line.split("\t", 1)) if pairs else line
        if pairs and not line.strip():
            row = ("", "")
        if pairs and len(row) != 2:
            raise UserError(f"Line {number} has one text; wanted two with a TAB between them.")
        yield row


def _lines(file):
    """Yields the lines of a file, or of standard input."""
    try:
        source = 0 if file is None else checked_path(file, "the name of a file of texts")
        with open(source, encoding="utf-8-sig") as lines:
            for line in lines:
                yield line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{file or 'Standard input'} is not in UTF-8 ({error.reason}). Convert it first.") from error
    except OSError as error:
        raise UserError(f"{file or 'Standard input'} cannot be read: {error.strerror}.") from error
