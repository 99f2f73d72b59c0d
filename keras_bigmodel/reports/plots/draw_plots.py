"""Draws every plot for which a run has data. Knows which part of the run each plot needs."""

from keras_bigmodel.reports.plots.canvas import own_settings
from keras_bigmodel.reports.plots.class_sizes import class_sizes
from keras_bigmodel.reports.plots.confusion_matrix import confusion_matrix
from keras_bigmodel.reports.plots.kept import kept
from keras_bigmodel.reports.plots.predictions import predictions, residuals
from keras_bigmodel.reports.plots.reliability import reliability
from keras_bigmodel.reports.plots.roc import roc
from keras_bigmodel.reports.plots.target_numbers import target_numbers
from keras_bigmodel.reports.plots.text_lengths import text_lengths
from keras_bigmodel.reports.plots.threshold_curves import threshold_curves
from keras_bigmodel.reports.plots.training_curves import training_curves


@own_settings()
def draw_plots(run, *, measured_part, data_part):
    """Draws the plots of a run.

    Args:
        run: dict, as `write_report` takes it.
        measured_part: str or None. Name of the part in `run["measured"]` whose metrics are drawn.
        data_part: str or None. Name of the table in `run["data"]` that is drawn.

    Returns:
        dict of name → `Plot`. Plots for which the run has no data are left out.
    """
    measured = (run.get("measured") or {}).get(measured_part) or {}
    metrics, details = measured.get("metrics") or {}, measured.get("details") or {}
    data = run.get("data") or {}
    table = (data.get("tables") or {}).get(data_part) or {}
    plots = [
        class_sizes(table, part=data_part),
        target_numbers(table, part=data_part),
        text_lengths(table, data.get("max_length"), part=data_part),
        *training_curves(run.get("history") or {}),
        confusion_matrix(metrics),
        roc(metrics, details),
        reliability(metrics, details),
        kept(metrics, details),
        threshold_curves(metrics, details),
        predictions(metrics, details),
        residuals(metrics, details),
    ]
    return {plot.name: plot for plot in plots if plot is not None}
