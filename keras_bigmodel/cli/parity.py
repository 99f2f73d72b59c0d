"""Defines the command `bigmodel parity`: compares a model with its exports. Knows no TensorFlow until it runs."""

import json
import sys
from typing import Annotated

import typer

from keras_bigmodel.cli.options import with_table_options
from keras_bigmodel.cli.predict_inputs import read_filled_rows
from keras_bigmodel.core.sentences import counted, parity_words
from keras_bigmodel.core.standard_streams import print_json
from keras_bigmodel.pipeline.screen import Screen, import_tensorflow

NAME = "parity"
_SHOWN = 3  # texts on which an export differs


@with_table_options("label", "label_separator", "weight")
def run(
    model: Annotated[str, typer.Argument(help="Folder of the model, or of one version.")],
    texts: Annotated[
        str | None, typer.Option("--texts", help="File of texts, or a table; default: the validation rows.")
    ] = None,
    formats: Annotated[
        str | None, typer.Option(help="Formats to compare, with commas between them; default: all.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="A running server's model, e.g. http://localhost:8501/v1/models/reviews.")
    ] = None,
    out: Annotated[str | None, typer.Option(help="New folder for the certificates: parity.json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the certificates as JSON.")] = False,
    *,
    options,
):
    """Compare a model with each of its exports, run where its users run it; ends with 1 where one does not agree."""
    from keras_bigmodel.core.whole_folder import check_free, whole_folder

    if out is not None:
        check_free(out)
    rows = None if texts is None else read_filled_rows(texts, options)
    import_tensorflow(lean=True)
    from keras_bigmodel.pipeline import compare_exports

    how = {"texts": rows, "url": url} | ({} if formats is None else {"formats": formats.split(",")})
    found = compare_exports(model, **how, reporter=Screen())
    if out is not None:
        with whole_folder(out) as aside:
            text = json.dumps(found, indent=2, ensure_ascii=False)
            (aside / "parity.json").write_text(text + "\n", encoding="utf-8")
    print_json(found) if as_json else print("\n".join(_lines(found)))
    if not found["agrees"]:
        sys.exit(1)


def _lines(found):
    from keras_bigmodel.pipeline.measure_lines import columns

    yield f"{found['model']}, on {counted(found['rows'], 'row')}:"
    rows = [(name, "agrees" if each["agrees"] else "DIFFERS", _words(each)) for name, each in found["exports"].items()]
    yield from columns(rows) if rows else ()
    yield from (f"{name}: {why}" for name, why in found["not_exported"].items())


def _words(certificate):
    if not certificate["agrees"]:
        return "; ".join(certificate["reasons"])
    words = [parity_words(certificate)]
    for endpoint in certificate["endpoints"].values():
        for output, facts in endpoint["outputs"].items():
            if facts["rule"] == "same_choice" and "largest_difference" in facts:
                words.append(
                    f"{output} differs by up to {facts['largest_difference']:.2g}, by {facts['mean_difference']:.1g} "
                    "in the mean"
                )
            shown = facts.get("some_rows_that_differ", [])[:_SHOWN]
            if shown:
                words.append("among them " + ", ".join(f"{text!r:.50}" for text in shown))
    return "; ".join(words)
