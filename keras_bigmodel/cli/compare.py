"""Defines the command `bigmodel compare`: compares two models on a table. Knows no TensorFlow until it runs."""

import csv
import io
import json
import logging
from typing import Annotated

import typer
from rich.cells import cell_len, set_cell_size

from keras_bigmodel.cli.answer_file import answer_lines, check_free
from keras_bigmodel.cli.labelled_table import read_labelled_table
from keras_bigmodel.cli.options import with_table_options
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.standard_streams import print_json
from keras_bigmodel.pipeline.measure_lines import columns
from keras_bigmodel.pipeline.screen import Screen, import_tensorflow
from keras_bigmodel.tables.table import INPUTS, reading_notes

NAME = "compare"
_FIGURES = {
    "accuracy": "accuracy",
    "subset_accuracy": "subset accuracy",
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "log_loss": "log loss",
    "spearman": "Spearman",
    "pearson": "Pearson",
    "rmse": "root mean squared error",
    "mean_absolute_error": "mean absolute error",
}
_WIDEST = 100  # terminal cells of a text that is shown


@with_table_options("weight")
def run(
    first: Annotated[str, typer.Argument(help="Folder of a model, or of one version.")],
    second: Annotated[str, typer.Argument(help="Folder of the model that may take its place.")],
    table: Annotated[str, typer.Argument(help="Table with texts and labels.")],
    show: Annotated[int, typer.Option(min=0, help="How many of the changed texts to show.")] = 10,
    out: Annotated[str | None, typer.Option(help="New CSV file for all changed texts.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
    *,
    options,
):
    """Compare two models on a table: is the second better, or only luckier, and on which texts?"""
    if out is not None:
        check_free(out)
    rows = read_labelled_table(first, table, options)
    import_tensorflow(lean=True)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # with two models TensorFlow warns of too many traces
    from keras_bigmodel.pipeline.measurement import compare

    compared = compare(first, second, rows, reporter=Screen())
    if out is not None:
        _write(out, compared["changed"], list(rows.inputs))
    if as_json:
        print_json({**compared, "dropped": rows.dropped})
        return
    print("\n".join(_lines(compared, show)))
    for note in reading_notes(rows):
        typer.echo(note, err=True)
    if out is not None:
        typer.echo(f"Wrote {counted(len(compared['changed']), 'changed text')} to {out}.", err=True)


def _lines(compared, show):
    names = _names(compared["first"], compared["second"])
    yield counted(compared["texts"], "text")
    yield from columns(_figure_rows(compared, names), right=(1, 2))
    yield ""
    yield from _verdict(compared, names)
    shown = compared["changed"][:show]
    if shown:
        yield ""
        number = len(compared["changed"])
        if "closer" in compared:
            yield f"The {counted(len(shown), 'text')} whose error changes most:"
        else:
            end = f"; the first {show}:" if show < number else ":"
            yield f"Answered differently: {counted(number, 'text')}{end}"
        yield from columns([("", "label", *names, "text"), *map(_change_row, shown)])


def _figure_rows(compared, names):
    yield ("", *names, "difference (95 %)")
    for name, shown in _FIGURES.items():
        if name not in compared["difference"]:
            continue
        figures = (compared[model][name] for model in ("first", "second"))
        yield shown, *("–" if figure is None else f"{figure:.4f}" for figure in figures), _difference(compared, name)


def _difference(compared, name):
    difference, interval = compared["difference"][name], compared["intervals"].get(name)
    if difference is None:
        return "–"
    low, high = interval or (difference, difference)
    return f"{difference:+.4f} ({low:+.4f} to {high:+.4f})"


def _names(first, second):
    """Returns names that distinguish the two models: their versions, their names, or their folders."""
    if first["name"] == second["name"] and None not in (first["version"], second["version"]):
        names = tuple(f"version {model['version']}" for model in (first, second))
    else:
        names = tuple(model["name"] for model in (first, second))
    return names if names[0] != names[1] else (first["folder"], second["folder"])


def _verdict(compared, names):
    first, second = names
    if "closer" in compared:
        test = compared["closer"]
        yield (
            f"Closer to the target in {second}: {counted(test['second'], 'text')}; in {first}: "
            f"{counted(test['first'], 'text')}. If both models were equally good, so uneven a change would come by "
            f"chance in {_percent(test['p_value'])} of cases (sign test, {test['method']})."
        )
        return
    test = compared["mcnemar"]
    if test["fixed"] or test["broken"]:
        yield (
            f"Right in {second} and wrong in {first}: {counted(test['fixed'], 'text')}; the other way round: "
            f"{counted(test['broken'], 'text')}. If both models were equally good, so uneven a change would "
            f"come by chance in {_percent(test['p_value'])} of cases (McNemar, {test['method']})."
        )
    else:
        yield "Both are right on the same texts."
    if compared["both_wrong"]:
        yield f"Wrong in both, each in its own way: {counted(compared['both_wrong'], 'text')}."


def _percent(share):
    """Formats a probability as a percentage.

    >>> _percent(0.0054), _percent(0.27), _percent(0.00001)
    ('0.5 %', '27 %', 'less than 0.1 %')
    """
    if share < 0.001:
        return "less than 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"


def _change_row(change):
    answers = (_answer(change, model) for model in ("first", "second"))
    text = " | ".join(change[name] for name in INPUTS.values() if name in change)
    short = text if cell_len(text) <= _WIDEST else set_cell_size(text, _WIDEST - 1).rstrip() + "…"
    return change["kind"], _shown(change["label"]), *answers, short


def _answer(change, model):
    if f"{model}_probability" in change:
        return f"{change[model]} {change[f'{model}_probability']:.2f}"
    return _shown(change[model])


def _shown(answer):
    """Formats one label, several labels or a number."""
    if isinstance(answer, str):
        return answer
    return f"{answer:.4g}" if isinstance(answer, float) else ", ".join(answer) or "–"


def _write(out, changed, texts):
    names = [*texts, "label", "first", "second", "first_probability", "second_probability", "kind"]
    names = [name for name in names if not changed or name in changed[0]]
    # Labels may hold any sign: several are a list in JSON, which tables with labels may have.
    as_cell = lambda value: json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
    with answer_lines(out) as write:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: as_cell(value) for name, value in change.items()} for change in changed)
        write(text.getvalue().removesuffix("\n").split("\n"))
