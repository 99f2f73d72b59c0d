"""What stands beside a SavedModel in production, read by the real protos and schemas of those who read it there."""

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import numpy as np
import pytest
import tensorflow as tf
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from keras_bigmodel import TextClassifier
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.edge.edge_model import processors
from keras_bigmodel.export.serving_files import BatchMeasurement, check_cores, write_serving_folder
from keras_bigmodel.export.serving_files.serving_folder import resource_name
from keras_bigmodel.export.serving_files.warm_up_records import SIZES, WARM_UP_FILE
from tests.task_contract import LABELS

KNOWN = json.loads(Path(__file__).with_name("tensorflow_serving.json").read_text("utf-8"))
NAMES = [
    "reviews",
    "Meine_Bewertungen",
    "评论",
    'it\'s "quoted"',
    "2024",
    "on",
    "3-way",
    "a: b #c",
    "$HOME {x}",
    "x" * 90,
]


def seconds(**changes):
    """A machine on which batches of 32 are as good as smaller ones, and larger ones are not."""
    return {1: 0.004, 2: 0.005, 4: 0.007, 8: 0.012, 16: 0.024, 32: 0.048, 64: 0.15} | changes


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def folder(name, tmp_path):
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "variables.data-00000-of-00001").write_bytes(bytes(3 << 20))
    write_serving_folder(tmp_path, BatchMeasurement(2, 21.5, seconds()), name=name, version=7, previous=5)
    return tmp_path / "serving"


def parsed(path, message):
    return text_format.Parse(path.read_text("utf-8"), message)


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """The messages of serving.proto by name, which the wheel of the server's messages lacks."""
    here, written = Path(__file__).parent, tmp_path_factory.mktemp("protos") / "serving.pb"
    # A process of its own: the compiler does not get on with TensorFlow in one.
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{here}", "--include_imports"]
    subprocess.run([*command, f"--descriptor_set_out={written}", "serving.proto"], check=True)
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(written.read_bytes()).file:
        pool.Add(file)
    name = "keras_bigmodel.tests.{}".format
    find = lambda title: message_factory.GetMessageClass(pool.FindMessageTypeByName(name(title)))
    return {title: find(title) for title in ("BatchingParameters", "MonitoringConfig")}


def test_models_config_has_the_version_and_the_one_before_under_labels(folder, name):
    (config,) = parsed(folder / "models.config", model_server_config_pb2.ModelServerConfig()).model_config_list.config
    assert (config.name, config.base_path, config.model_platform) == (name, f"/models/{name}", "tensorflow")
    assert list(config.model_version_policy.specific.versions) == [7, 5]
    assert dict(config.version_labels) == {"stable": 7, "previous": 5}
    assert all(re.fullmatch(KNOWN["label"], label) for label in config.version_labels)


def test_batching_config_follows_from_the_measurement(folder, messages):
    batching = parsed(folder / "batching.config", messages["BatchingParameters"]())
    assert batching.max_batch_size.value == 32
    assert not batching.enable_large_batch_splitting.value  # it would end the server on outputs of other lengths
    assert not batching.allowed_batch_sizes
    assert batching.num_batch_threads.value == 2
    assert batching.batch_timeout_micros.value == 2000
    assert batching.max_enqueued_batches.value == math.ceil(2.0 / 0.048)
    assert batching.pad_variable_length_inputs
    assert batching == batching.FromString(batching.SerializeToString())


def test_a_machine_on_which_batches_gain_nothing_does_not_wait_for_any():
    parameters = BatchMeasurement(1, None, {1: 0.001, 2: 0.002, 4: 0.004}).parameters()
    assert (parameters.max_batch_size, parameters.batch_timeout_micros) == (4, 0)


def test_monitoring_and_prometheus_name_the_same_path_and_a_known_metric(folder, messages):
    monitoring = parsed(folder / "monitoring.config", messages["MonitoringConfig"]())
    assert monitoring.prometheus_config.enable
    assert monitoring.prometheus_config.path == KNOWN["monitoring_path"]
    text = (folder / "prometheus.yml").read_text("utf-8")
    (job,) = yaml.safe_load(text)["scrape_configs"]
    assert job["metrics_path"] == KNOWN["monitoring_path"]
    assert job["static_configs"][0]["targets"] == [f"serving:{KNOWN['ports']['rest']}"]
    metrics = re.findall(r":tensorflow:[a-z_:]+", text)
    assert metrics
    assert set(metrics) <= set(KNOWN["metrics"])


def flags_of(arguments):
    return dict(argument.removeprefix("--").split("=", 1) for argument in arguments)


def unescaped(texts):
    """Gives texts as Compose reads them, which takes $ for the beginning of a variable."""
    assert all("$" not in text.replace("$$", "") for text in texts)
    return [text.replace("$$", "$") for text in texts]


def check_flags(arguments, name):
    flags = flags_of(arguments)
    assert set(flags) <= set(KNOWN["flags"])
    assert not set(flags) & set(KNOWN["flags_of_the_entry_point"])  # the image gives them already
    assert all(argument.startswith("--") for argument in arguments)
    for flag in ("model_config_file", "batching_parameters_file", "monitoring_config_file"):
        assert flags[flag].startswith(f"/models/{name}/7/serving/")
        yield Path(flags[flag]).name


def test_compose_starts_the_server_on_files_that_are_there(folder, name):
    services = yaml.safe_load((folder / "docker-compose.yml").read_text("utf-8"))["services"]
    serving = services["serving"]
    assert all((folder / file).is_file() for file in check_flags(unescaped(serving["command"]), name))
    assert serving["ports"] == [f"{port}:{port}" for port in KNOWN["ports"].values()]
    (volume,) = serving["volumes"]
    assert unescaped([volume["target"]]) == [f"/models/{name}"]
    assert (folder / volume["source"]).resolve() == folder.parent.parent  # the folder with the versions
    assert str(KNOWN["ports"]["rest"]) in serving["healthcheck"]["test"][-1]
    prometheus = services["prometheus"]["volumes"][0]
    assert (folder / prometheus["source"]).is_file()


def test_kubernetes_accepts_every_object_and_its_probes_ask_paths_that_servers_have(folder, name):
    objects = list(yaml.safe_load_all((folder / "kubernetes.yml").read_text("utf-8")))
    kinds = {part["kind"]: part for part in objects}
    assert set(kinds) == {"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"}
    for part in objects:
        for version in ("1.27", "1.33"):
            kubernetes_validate.validate(part, version, strict=True)
        assert re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", part["metadata"]["name"])
    pod = kinds["Deployment"]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert all((folder / file).is_file() for file in check_flags(container["args"], name))
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == KNOWN["ports"]
    for probe in ("startupProbe", "readinessProbe"):
        asked = container[probe]["httpGet"]
        assert re.fullmatch(KNOWN["status_path"], asked["path"])
        assert asked["port"] in ports
    assert container["livenessProbe"]["tcpSocket"]["port"] in ports
    selected = kinds["Service"]["spec"]["selector"]
    assert selected.items() <= pod["metadata"]["labels"].items()
    assert kinds["Deployment"]["spec"]["selector"]["matchLabels"] == selected
    assert kinds["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == selected
    assert {port["targetPort"] for port in kinds["Service"]["spec"]["ports"]} <= set(ports)
    target = kinds["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", kinds["Deployment"]["metadata"]["name"])
    assert pod["metadata"]["annotations"]["prometheus.io/path"] == KNOWN["monitoring_path"]


def test_models_have_names_of_their_own_in_kubernetes():
    names = [*NAMES, "新闻", "x" * 91, "meine-bewertungen", "model"]
    resources = [resource_name(name) for name in names]
    assert len(set(resources)) == len(names)
    assert all(re.fullmatch("[a-z]([a-z0-9-]{0,61}[a-z0-9])?", resource) for resource in resources)
    assert resource_name("reviews") == "reviews"


@pytest.mark.parametrize("name", ["a/b", "..", "", "x\nkind: Pod", "a\\b"])
def test_a_name_that_is_no_folders_name_is_refused(tmp_path, name):
    with pytest.raises(UserError, match="wanted the name of a folder"):
        write_serving_folder(tmp_path, BatchMeasurement(2, None, seconds()), name=name, version=1)
    assert list(tmp_path.iterdir()) == []


def test_files_measured_apart_mount_the_model_and_themselves(tmp_path):
    version = tmp_path / "reviews" / "3"
    (version / "variables").mkdir(parents=True)
    out = tmp_path / "here"
    write_serving_folder(version, BatchMeasurement(2, None, seconds()), name="reviews", version=3, folder=out)
    serving = yaml.safe_load((out / "docker-compose.yml").read_text("utf-8"))["services"]["serving"]
    mounts = {volume["target"]: (out / volume["source"]).resolve() for volume in serving["volumes"]}
    assert mounts == {"/models/reviews": version.parent.resolve(), "/serving": out.resolve()}
    deployment = next(yaml.safe_load_all((out / "kubernetes.yml").read_text("utf-8")))
    kubernetes_validate.validate(deployment, "1.33", strict=True)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {"name": "serving", "mountPath": "/serving", "readOnly": True} in container["volumeMounts"]
    for arguments in (serving["command"], container["args"]):
        files = [Path(value) for flag, value in flags_of(arguments).items() if flag.endswith("file")]
        assert len(files) == 3
        assert all(file.parent == Path("/serving") and (out / file.name).is_file() for file in files)


def test_the_commands_in_the_files_name_paths_that_servers_have(folder):
    for file in folder.iterdir():
        for path in re.findall(r"/v1/models/\S+?:predict", file.read_text("utf-8")):
            assert re.fullmatch(KNOWN["predict_path"], path)


# ---- in a version


@pytest.fixture(scope="module")
def version(model):
    return model / "1"


def test_a_version_has_them_all_and_its_manifest_lists_what_must_not_change(version):
    files = Manifest.read(version).files
    wanted = {"batching.config", "models.config", "monitoring.config", "prometheus.yml", "docker-compose.yml"}
    assert {path.name for path in (version / "serving").iterdir()} == {*wanted, "kubernetes.yml", "measured.json"}
    assert str(WARM_UP_FILE) in files
    assert not any(name.startswith("serving/") for name in files)  # they may be edited


def logs(folder):
    for record in tf.data.TFRecordDataset(str(folder / WARM_UP_FILE)):
        yield prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request


def test_warm_up_asks_every_signature_at_several_sizes_and_is_answered(version):
    signatures = tf.saved_model.load(str(version)).signatures
    asked = []
    for request in logs(version):
        inputs = {name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
        outputs = signatures[request.model_spec.signature_name](**inputs)
        (rows,) = {len(value) for value in inputs.values()}
        assert {value.shape[0] for value in outputs.values()} == {rows}
        asked.append((request.model_spec.signature_name, rows))
    assert sorted(asked) == sorted((name, size) for name in signatures for size in SIZES)
    assert len(asked) <= 1000  # more are refused by the server


def joined(features):
    """Joins requests as TensorFlow Serving does with `pad_variable_length_inputs`: the first element fills up."""
    width = max(part.shape[1] for part in features)
    rows = [np.pad(part, [(0, 0), (0, width - part.shape[1])], constant_values=part.flat[0]) for part in features]
    return np.concatenate(rows)


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
@pytest.mark.parametrize("pairs", [False, True])
def test_alone_and_in_a_batch_the_answers_are_equal(tiny_bert, pooling, pairs):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32, pooling=pooling, pairs=pairs)
    endpoints = {name: endpoint.traced() for name, endpoint in task.endpoints().items()}
    texts = ["Hello", "where is my parcel, it should have come on Monday", "谢谢", ""]
    columns = {"text": texts, "text_pair": texts[::-1]} if pairs else {"text": texts}
    rows = [{name: tf.constant(column[row : row + 1]) for name, column in columns.items()} for row in range(len(texts))]
    tokenized = [endpoints["tokenize"](**row) for row in rows]
    assert len({part["token_ids"].shape[1] for part in tokenized}) > 1
    batch = {name: tf.constant(joined([part[name].numpy() for part in tokenized])) for name in tokenized[0]}
    alone = np.concatenate([endpoints["tokens"](**part)["logits"] for part in tokenized])
    assert endpoints["tokens"](**batch)["logits"].numpy() == pytest.approx(alone, abs=1e-5)
    together = endpoints["serving_default"](**{name: tf.constant(column) for name, column in columns.items()})
    one_by_one = [endpoints["serving_default"](**row) for row in rows]
    assert together["label"].numpy().tolist() == [part["label"].numpy()[0] for part in one_by_one]
    probabilities = np.concatenate([part["probabilities"] for part in one_by_one])
    assert together["probabilities"].numpy() == pytest.approx(probabilities, abs=1e-5)


@pytest.mark.full
def test_the_next_version_is_served_beside_the_one_before(model, bigmodel, tmp_path):
    written = bigmodel("export", shutil.copytree(model, tmp_path / "own"), "--json")
    assert written.code == 0, written.err
    folder = Path(json.loads(written.out)["folder"])
    (config,) = parsed(
        folder / "serving" / "models.config", model_server_config_pb2.ModelServerConfig()
    ).model_config_list.config
    number = int(folder.name)
    assert dict(config.version_labels) == {"stable": number, "previous": number - 1}


def test_the_command_shows_the_files_and_writes_them_after_a_measurement_here(version, bigmodel, tmp_path):
    shown = bigmodel("serving", version)
    assert shown.code == 0, shown.err
    assert f"Measured on {processors()} cores" in shown.out
    assert f"docker compose -f {version / 'serving' / 'docker-compose.yml'} up" in shown.out
    texts = tmp_path / "texts.txt"
    texts.write_text("where is my parcel\nthe app crashes\n", encoding="utf-8")
    again = bigmodel("serving", version, "--out", tmp_path / "here", "--texts", texts, "--json")
    assert again.code == 0, again.err
    measured = json.loads(again.out)
    assert measured["folder"] == str(tmp_path / "here")
    assert measured["cores"] == processors()
    assert list(measured["seconds"]) == ["1", "2", "4", "8", "16", "32", "64"]
    assert (tmp_path / "here" / "batching.config").is_file()


def test_batching_of_a_machine_with_other_cores_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "variables").mkdir()
    write_serving_folder(tmp_path, BatchMeasurement(processors() + 3, None, seconds()), name="reviews", version=1)
    there = re.escape(f"was measured with {counted(processors() + 3, 'core')}, and this machine has {processors()}.")
    with pytest.raises(UserError, match=there):
        check_cores(tmp_path / "serving")
    (tmp_path / "serving" / "measured.json").write_text('{"cores": 2}', encoding="utf-8")
    with pytest.raises(UserError, match="is not as it was written"):
        check_cores(tmp_path / "serving")
    with pytest.raises(UserError, match="measured nowhere"):
        check_cores(tmp_path / "variables")
