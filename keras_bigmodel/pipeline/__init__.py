"""Runs training, evaluation, comparison and export. Knows no command line and no HTTP; imports names at first use."""

from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "TrainSettings": "train_settings",
    "check_drop": "export_run",
    "export": "export_run",
    "load_task": "version_contents",
    "Screen": "screen",
    "compare": "measurement",
    "compare_exports": "parity_run",
    "import_tensorflow": "screen",
    "measure": "measurement",
    "measure_for_report": "measurement",
    "serving": "serving_run",
    "train": "train_run",
}

__all__ = [*_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
