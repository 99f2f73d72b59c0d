"""Defines the command `bigmodel export`: writes a model in another format. Knows no TensorFlow until it runs."""

import functools
from typing import Annotated

import typer

from keras_bigmodel.cli.labelled_table import read_labelled_table
from keras_bigmodel.cli.options import with_table_options
from keras_bigmodel.cli.predict_inputs import check_no_table_options
from keras_bigmodel.core.sentences import counted, parity_words
from keras_bigmodel.core.standard_streams import print_json
from keras_bigmodel.pipeline.screen import Screen, import_tensorflow
from keras_bigmodel.tables.table import reading_notes

NAME = "export"


_Format = Annotated[
    str,
    typer.Option(
        "--format",
        help="saved_model (TF Serving), litert (phones), litert_embedding (vectors), onnx, openvino, hugging_face, "
        "tf_hub.",
    ),
]
_Quantize = Annotated[
    str | None,
    typer.Option(help="Weights of a file: litert int8 (its default), int4, float16, none; onnx, openvino none, int8."),
]
_Ops = Annotated[
    str | None,
    typer.Option(help="Ops of the tokenizer in a SavedModel: core (TensorFlow's own), text (tensorflow-text's)."),
]
_RejectBelow = Annotated[float | None, typer.Option(help="Give no label to a text whose highest probability is lower.")]
_KeepAccuracy = Annotated[
    float | None,
    typer.Option(help="Choose --reject-below on --data, so that this share of the answers kept is right."),
]
_Out = Annotated[str | None, typer.Option(help="New folder; without it the export becomes the next version.")]
_Data = Annotated[
    str | None,
    typer.Option(help="Table with labels, to measure a file and choose a threshold; default: the validation rows."),
]
_MaxDrop = Annotated[float | None, typer.Option(help="Points of accuracy that a file may lose; default 0.5.")]


@with_table_options("weight", "format")
def run(
    model: Annotated[
        str, typer.Argument(help="Folder of the model, or of one version; for tf_hub also a pretrained encoder.")
    ],
    format: _Format = "saved_model",
    quantize: _Quantize = None,
    ops: _Ops = None,
    reject_below: _RejectBelow = None,
    keep_accuracy: _KeepAccuracy = None,
    out: _Out = None,
    data: _Data = None,
    max_drop: _MaxDrop = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the certificate as JSON.")] = False,
    *,
    options,
):
    """Write a model for another runtime, compared with the original before it appears."""
    if data is None:
        check_no_table_options(options, "there is no --data to read", "label", "encoding")
    screen, table = Screen(), None
    import_tensorflow(lean=True)
    from keras_bigmodel.pipeline import check_drop, export
    from keras_bigmodel.tasks.export_formats import format_named

    check_drop(format, None if keep_accuracy is not None else data, max_drop)
    if data is not None:
        table = read_labelled_table(model, data, options)
        for note in reading_notes(table):
            screen.say(note)
    how = {"ops": ops, "reject_below": reject_below, "keep_accuracy": keep_accuracy}
    how = {name: value for name, value in how.items() if value is not None}
    how |= {"format": format, "quantize": quantize, "out": out, "table": table, "max_drop": max_drop}
    folder, certificate = export(model, **how, reporter=screen)
    if as_json:
        print_json({"folder": str(folder), "parity": certificate})
        return
    print(f"Wrote {folder}. {_LINES[format_named(format)](certificate)}")


def _saved_line(certificate):
    return f"Compared in a process without keras_bigmodel on {parity_words(certificate)}."


def _file_line(kind, certificate):
    line = (
        f"{kind} of {certificate['bytes'] / 1e6:.1f} MB. Compared in a process without TensorFlow on "
        f"{parity_words(certificate)}."
    )
    if "points_lost" in certificate:
        measure, changed = certificate["measure"], certificate["labels_changed"]
        line += (
            f" {measure[0].upper()}{measure[1:]} on {certificate['measured_on']}: {certificate['quality']:.2%}, the "
            f"model's is {certificate['quality_of_the_model']:.2%}"
        )
        of = f"{certificate['measured_texts']:,}"
        line += f", on {of} texts." if changed is None else f"; {counted(changed, 'answer')} of {of} changed."
    return line


def _folder_line(certificate):
    line = (
        f"{certificate['weights']} weights came back as they were. Compared with Hugging Face's tokenizer on "
        f"{parity_words(certificate)}."
    )
    if certificate["needs_trust_remote_code"]:
        line += (
            " Its head stands on a pooling that transformers has no class for: load it with "
            "AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True)."
        )
    return line


def _modules_line(certificate):
    head = " with the head that predicts masked tokens" if certificate["mlm"] else ""
    return (
        f"Two TF-Hub modules of {certificate['bytes'] / 1e6:.1f} MB: encoder{head}, and preprocessor. Compared in "
        f"processes without keras_bigmodel on {parity_words(certificate)}."
    )


_LINES = {
    "saved_model": _saved_line,
    "litert": functools.partial(_file_line, "A LiteRT file"),
    "litert_embedding": functools.partial(_file_line, "A LiteRT file of vectors"),
    "onnx": functools.partial(_file_line, "An ONNX file"),
    "openvino": functools.partial(_file_line, "An OpenVINO file"),
    "hugging_face": _folder_line,
    "tf_hub": _modules_line,
}
