"""Writes the files that run a version in production: TensorFlow Serving's, Docker's, Kubernetes'. Knows no task."""

import hashlib
import json
import re
from pathlib import Path
from urllib.parse import quote

import jinja2

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import SERVING_FOLDER
from keras_bigmodel.core.model_files import read_json
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.edge.edge_model import processors
from keras_bigmodel.export.serving_files.batch_measurement import ENOUGH, BatchMeasurement

MEASURED_FILE = "measured.json"
TEMPLATES = (
    "batching.config",
    "models.config",
    "monitoring.config",
    "prometheus.yml",
    "docker-compose.yml",
    "kubernetes.yml",
)
IMAGE = "tensorflow/serving:2.19.1"
GRPC_PORT, REST_PORT = 8500, 8501  # on which the image's entry point starts the server
METRICS_PATH = "/monitoring/prometheus/metrics"
_POLL_SECONDS = 60
_MEGABYTE = 1 << 20
_APART = "/serving"  # where a server sees files that do not stand in the version
_LONGEST_NAME = 50  # characters, of 63: Kubernetes appends to it


def write_serving_folder(version_folder, measurement, *, name, version, previous=None, folder=None):
    """Writes the serving files of a version.

    Args:
        version_folder: path of the version folder with its SavedModel.
        measurement: `BatchMeasurement` on the machine that will serve.
        name: str. Name of the model.
        version: int. Number of the version, which gets the label `stable`.
        previous: int. Number of an older version that is served beside it as `previous`. Defaults to None.
        folder: path of the folder to write. Defaults to None: `serving` in the version folder.
    """
    check_model_name(name)
    version_folder, apart = Path(version_folder).resolve(), folder is not None
    folder = Path(folder) if apart else version_folder / SERVING_FOLDER
    folder.mkdir(exist_ok=True)
    base_path = f"/models/{name}"
    there = _APART if apart else f"{base_path}/{version}/{SERVING_FOLDER}"
    facts = {
        "name": name,
        "resource": resource_name(name),
        "base_path": base_path,
        "apart": apart,
        "there": there,
        "source": str(version_folder.parent) if apart else "../..",
        "poll_seconds": _POLL_SECONDS,
        "cpu": f"{max(1000 * measurement.cores - 500, 500)}m",  # a node keeps a part of its cores for itself
        "rest_path": f"/v1/models/{quote(name)}",
        "labels": {"stable": version} | ({} if previous is None else {"previous": previous}),
        "image": IMAGE,
        "grpc_port": GRPC_PORT,
        "rest_port": REST_PORT,
        "metrics_path": METRICS_PATH,
        "flags": [
            f"--model_config_file={there}/models.config",
            f"--model_config_file_poll_wait_seconds={_POLL_SECONDS}",
            "--allow_version_labels_for_unavailable_models=true",
            "--enable_batching=true",
            f"--batching_parameters_file={there}/batching.config",
            f"--monitoring_config_file={there}/monitoring.config",
        ],
        "measured": measurement,
        "batching": measurement.parameters(),
        "enough": ENOUGH,
        **_memory(version_folder, versions=1 if previous is None else 2),
    }
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("keras_bigmodel.export.serving_files", "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    for template in TEMPLATES:
        (folder / template).write_text(environment.get_template(template).render(facts), encoding="utf-8")
    text = json.dumps(measurement.as_json(), indent=2)
    (folder / MEASURED_FILE).write_text(text + "\n", encoding="utf-8")


def read_measurement(folder):
    """Reads the measurement that the serving files in a folder were written after: `BatchMeasurement`.

    Args:
        folder: path of the folder of the serving files.

    Raises:
        UserError: there is none, or it is not what was written.
    """
    path, advice = Path(folder) / MEASURED_FILE, "Write the files again: bigmodel serving MODEL --out FOLDER."
    if not path.is_file():
        raise UserError(f"{folder} holds no {MEASURED_FILE}, so its batching was measured nowhere. {advice}")
    try:
        return BatchMeasurement.from_json(read_json(path, advice=advice))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path} is not as it was written. {advice}") from error


def check_cores(folder):
    """Checks that the batching of serving files was measured on a machine with as many cores as this one.

    Args:
        folder: path of the folder of the serving files.

    Raises:
        UserError: it was not, or as `read_measurement`.
    """
    measured = read_measurement(folder).cores
    if measured != processors():
        raise UserError(
            f"{Path(folder) / 'batching.config'} was measured with {counted(measured, 'core')}, and this machine has "
            f"{processors()}. Measure here: bigmodel serving MODEL --out FOLDER."
        )


def check_model_name(name):
    """Checks that a model's name can be a folder of a server.

    Args:
        name: str.

    Raises:
        UserError: it has a slash or a character that is not printable, or is empty or dots.
    """
    if not name.strip(".") or "/" in name or "\\" in name or not name.isprintable():
        raise UserError(f"The model's name is {name!r:.80}; wanted the name of a folder. Rename the model's folder.")


def resource_name(name):
    """Returns a name as Kubernetes takes it: small letters, digits and dashes, from a letter on, 63 characters at most.

    A name that has to be changed ends in a part of its sha256, so that two models do not get one name.

    Args:
        name: str.

    >>> resource_name("reviews"), resource_name("3_way")
    ('reviews', 'model-3-way-544c0e')

    Source: RFC 1035.
    """
    changed = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    if not re.match("[a-z]", changed):
        changed = f"model-{changed}".rstrip("-")
    if changed == name and len(name) <= _LONGEST_NAME:
        return name
    return f"{changed[: _LONGEST_NAME - 7].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def _memory(version_folder, versions):
    """Returns the memory that a container asks for: weights and graph in memory while another version is loaded."""
    size = sum(path.stat().st_size for path in Path(version_folder, "variables").rglob("*") if path.is_file())
    needed = (versions + 1) * size // _MEGABYTE + 512
    return {"memory": f"{needed}Mi", "memory_limit": f"{2 * needed}Mi"}
