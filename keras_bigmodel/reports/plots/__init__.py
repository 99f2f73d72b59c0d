"""Draws the plots of a report, each from one part of the run."""

from keras_bigmodel.reports.plots.draw_plots import draw_plots

__all__ = ["draw_plots"]
