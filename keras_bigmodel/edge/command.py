"""Defines the program `bigmodel-edge`: labels texts with a file for another runtime. Knows no TensorFlow, no Keras."""

import argparse
import itertools
import json
import os
import sys

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path

_ROWS = 1000  # lines that are read and answered at once
_EPILOG = 'Example: bigmodel-edge model.tflite "where is my order". Without texts, standard input has one a line.'


def main(arguments=None):
    """Runs the program, and exits with code 2 and one sentence on bad input.

    Args:
        arguments: list of str. Defaults to the command line's.
    """
    options = _parser().parse_args(arguments)
    try:
        for line in _answers(options):
            print(line)
        sys.stdout.flush()
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains of it at its end
        sys.exit(141)  # the exit code in a shell of a program whose reader has left


def _parser():
    parser = argparse.ArgumentParser(
        prog="bigmodel-edge", description="Label texts with a LiteRT, ONNX or OpenVINO file.", epilog=_EPILOG
    )
    parser.add_argument("model", help="a .tflite, .onnx or .xml (OpenVINO) file that bigmodel export wrote")
    parser.add_argument("texts", nargs="*", metavar="text", help="texts to label; of a model of pairs, two of each")
    parser.add_argument("--file", help="file of texts in UTF-8, one a line; of pairs, with a TAB between the two")
    parser.add_argument("--top-k", type=int, help="labels of each answer; default: all")
    parser.add_argument("--threads", type=int, help="threads to compute with; default: all processors")
    parser.add_argument("--vectors", metavar="FOLDER", help="write what a tokenizer on a phone needs into a new folder")
    parser.add_argument("--json", action="store_true", help="print each answer as a line of JSON")
    return parser


def _answers(options):
    """Yields the line of each answer."""
    from keras_bigmodel.edge.edge_classifier import open_classifier

    if options.vectors is not None:
        yield _write_vectors(options)
        return
    if options.texts and options.file:
        raise UserError("Texts and --file came; wanted one of them.")
    classifier = open_classifier(options.model, num_threads=options.threads)
    texts = _texts(options, classifier.pairs)
    while rows := list(itertools.islice(texts, _ROWS)):
        full = [row for row in rows if "".join(row).strip()]
        answers = iter(classifier.classify(full, top_k=options.top_k) if full else ())
        for row in rows:
            shown = dict(zip(classifier.columns, row if classifier.pairs else [row], strict=True))
            answer = next(answers).as_json() if "".join(row).strip() else classifier.reader.empty_json()
            yield _line(shown, answer, options.json)


def _write_vectors(options):
    """Writes the vectors of a model, and returns the line that says so."""
    from keras_bigmodel.edge.tokenizer_vectors import write_vectors

    if options.texts or options.file:
        raise UserError("--vectors came with texts to label; wanted one of them.")
    write_vectors(options.model, options.vectors)
    return f"{options.vectors}: vocab.txt, characters.txt, edge_vectors.json"


def _line(shown, answer, as_json):
    """Returns the line of an answer; a row without a text has null for its answer, or nothing in front of it."""
    if as_json:
        return json.dumps({**shown, **answer}, ensure_ascii=False)
    label, probability = answer["label"], answer["probability"]
    return "\t".join(["" if label is None else label, "" if label is None else f"{probability:.4f}", *shown.values()])


def _texts(options, pairs):
    """Yields the texts, or the pairs of texts."""
    if options.texts:
        if pairs and len(options.texts) % 2:
            raise UserError(f"The model takes pairs of texts, and {len(options.texts)} texts came; wanted two of each.")
        yield from zip(options.texts[::2], options.texts[1::2], strict=True) if pairs else options.texts
        return
    for number, line in enumerate(_lines(options.file), 1):
        row = tuple(line.split("\t")) if pairs else line
        if pairs and len(row) != 2:
            raise UserError(f"Line {number} has {len(row)} columns; wanted two texts with a TAB between them.")
        yield row


def _lines(file):
    """Yields the lines of a file, or of standard input."""
    try:
        with open((file and checked_path(file, "the name of a file of texts")) or 0, encoding="utf-8-sig") as lines:
            for line in lines:
                yield line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{file or 'Standard input'} is not in UTF-8 ({error.reason}). Convert it first.") from error
    except OSError as error:
        raise UserError(f"{file or 'Standard input'} cannot be read: {error.strerror}.") from error
