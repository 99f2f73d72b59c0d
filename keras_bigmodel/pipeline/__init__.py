"""From a table to an artefact. Knows no command line and no HTTP. Names load when first used."""

from importlib import import_module

_HOMES = {
    "TrainSettings": "train_settings",
    "export": "version_contents",
    "load_task": "version_contents",
    "compare": "comparison",
    "measure": "measurement",
    "measured": "measurement",
    "train": "train_run",
}

__all__ = [*_HOMES]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'keras_bigmodel.pipeline' has no attribute '{name}'")
    return getattr(import_module(f"keras_bigmodel.pipeline.{_HOMES[name]}"), name)
