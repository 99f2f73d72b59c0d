"""What a report shows of a model and of the run that made it. Knows manifests and figures; no task."""

import contextlib

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest, package_versions
from keras_bigmodel.core.versions import version_folder
from keras_bigmodel.data import data_report
from keras_bigmodel.evaluation import write_card, write_report


def write_run_report(folder, manifest, certificate, figures):
    """Writes `report/` and `card.md` of a version.

    Args:
        folder: `Path` of the version folder.
        manifest: `Manifest`.
        certificate: dict: the parity certificate.
        figures: dict: `data` as `data.data_report`, `history`, `notes`, `measured` as `measurement.measured`.
    """
    shown = {**figures, "model": about_model(manifest), "parity": certificate}
    write_report(folder / "report", shown)
    write_card(folder / "card.md", shown)


def write_table_report(folder, model, table, figures):
    """Writes the report of one table that a model was measured on.

    Args:
        folder: path of a folder that is there.
        model: path of the model's folder, or of one version.
        table: `TextTable`.
        figures: dict as `measurement.measured`.
    """
    shown = {"data": data_report({"test": table}), "measured": {"test": figures}}
    with contextlib.suppress(UserError):  # a task that was saved without a manifest
        shown["model"] = about_model(Manifest.read(version_folder(model)))
    write_report(folder, shown)


def about_model(manifest):
    """Gives what a report says about a model: dict."""
    return {
        "name": manifest.name,
        "folder": manifest.settings.get("out"),
        "version": manifest.version,
        "parent": manifest.parent,
        "task": manifest.task,
        "labels": manifest.labels,
        "encoder": manifest.settings.get("encoder"),
        "parameters": manifest.sizes.get("parameters"),
        "max_length": manifest.sizes.get("max_length_used"),
        "tokenizer": manifest.tokenizer,
        "dtype": manifest.settings.get("trained_in"),
        "created": manifest.created,
        "settings": manifest.settings,
        "versions": package_versions(),
    }
