"""The plots of a report, each drawn from a part of the run."""

from keras_bigmodel.reports.plots.draw_plots import draw_plots

__all__ = ["draw_plots"]
