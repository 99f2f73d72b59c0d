"""Defines the command `bigmodel evaluate`: measures a model on a table. Knows no TensorFlow until it runs."""

from typing import Annotated

import typer

from keras_bigmodel.cli.labelled_table import read_labelled_table
from keras_bigmodel.cli.options import with_table_options
from keras_bigmodel.core.standard_streams import print_json
from keras_bigmodel.pipeline.screen import Screen, import_tensorflow
from keras_bigmodel.tables.table import reading_notes

NAME = "evaluate"


@with_table_options("weight")
def run(
    model: Annotated[str, typer.Argument(help="Folder of the model, or of one version.")],
    table: Annotated[str, typer.Argument(help="Table with texts and labels.")],
    report: Annotated[str | None, typer.Option(help="New folder for a report to look at: index.html.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the measures as JSON.")] = False,
    *,
    options,
):
    """Measure a model on a table: accuracy, F1, calibration, each class, or correlations; with 95 % intervals."""
    from keras_bigmodel.core.whole_folder import check_free, whole_folder

    if report is not None:
        check_free(report)
    rows = read_labelled_table(model, table, options)
    import_tensorflow(lean=True)
    from keras_bigmodel.pipeline import load_task, measure_for_report
    from keras_bigmodel.pipeline.jobs import job_of

    task, screen = load_task(model), Screen()
    for note in reading_notes(rows):
        screen.say(note)
    figures = measure_for_report(task, rows, reporter=screen)
    if report is not None:
        from keras_bigmodel.pipeline.run_report import write_table_report

        with whole_folder(report) as aside:
            write_table_report(aside, model, task, rows, figures)
        screen.say(f"Wrote {report}/index.html.")
    if as_json:
        print_json({**figures["metrics"], "dropped": rows.dropped})
        return
    print("\n".join(job_of(task).lines(figures["metrics"])))
