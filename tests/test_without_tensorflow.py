"""Layers, the encoder and its training on ids work on JAX where TensorFlow is not installed.

Shown twice: in this environment with TensorFlow forbidden, and in one that holds `keras`, `jax`, `numpy` and this
package alone. The functions of `PROGRAM` run there and print what they found; the tests read it.
"""

import inspect
import json
import os
import sys

import numpy as np
import pytest

from tests.environments import python_with, run

# ---- what runs there


def forbid_tensorflow():
    import sys

    class NoTensorFlow:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in ("tensorflow", "tensorflow_text", "tf_keras", "keras_hub"):
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, NoTensorFlow())


def ids_and_labels():
    """64 texts of random ids; those of label 1 have ids from the upper half. Id 0 is padding."""
    import numpy as np

    random = np.random.default_rng(0)
    labels = np.arange(64) % 2
    mask = (np.arange(10) < random.integers(3, 11, (64, 1))).astype("int32")
    ids = (random.integers(1, 25, (64, 10)) + 25 * labels[:, None]).astype("int32") * mask
    return {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": mask}, labels


def classifier(dtype):
    import keras

    from keras_bigmodel.layers import MeanPooling
    from keras_bigmodel.models.bert import BertEncoder
    from keras_bigmodel.training import AdamW, SmoothedCrossentropy, resolve_dtype

    policy = resolve_dtype(dtype)
    encoder = BertEncoder(
        50,
        16,
        num_layers=1,
        num_heads=2,
        intermediate_dim=32,
        max_length=12,
        pooler=False,
        dtype=policy,
        name="encoder",
    )
    inputs = {
        name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "segment_ids", "padding_mask")
    }
    states = encoder(inputs)["sequence_output"]
    vector = MeanPooling(dtype=policy)(states, mask=inputs["padding_mask"])
    model = keras.Model(inputs, keras.layers.Dense(2, dtype="float32")(vector))
    optimizer = AdamW(0.003, 0.01, not_decayed=["bias", "gamma", "beta"], global_clipnorm=1.0)
    model.compile(optimizer=optimizer, loss=SmoothedCrossentropy(0.01), jit_compile="auto")
    return model


def training(dtype):
    """What a run of 24 steps does, with the recipe's rate."""
    import keras

    from keras_bigmodel.training import WarmupDecay

    keras.utils.set_random_seed(0)
    model = classifier(dtype)
    inputs, labels = ids_and_labels()
    schedule = WarmupDecay(24)
    losses = model.fit(inputs, labels, batch_size=16, epochs=6, callbacks=[schedule], verbose=0).history["loss"]
    states = model.get_layer("encoder")(inputs)["sequence_output"]
    return model, {
        "losses": losses,
        "steps": int(model.optimizer.iterations),
        "states": keras.backend.standardize_dtype(states.dtype),
        "weights": sorted({keras.backend.standardize_dtype(weight.dtype) for weight in model.trainable_weights}),
        "module": type(states).__module__.partition(".")[0],
        "jit": model.jit_compile,
    }


def coming_back(model, folder):
    """How far the models that read what this one wrote are from it, and how the optimizer counts on."""
    import keras
    import numpy as np

    inputs, labels = ids_and_labels()
    wanted = model.predict(inputs, verbose=0)
    model.save_weights(f"{folder}/model.weights.h5")
    twin = classifier("float32")
    twin.load_weights(f"{folder}/model.weights.h5")
    model.save(f"{folder}/model.keras")
    whole = keras.saving.load_model(f"{folder}/model.keras")
    far = [float(np.abs(reader.predict(inputs, verbose=0) - wanted).max()) for reader in (twin, whole)]
    whole.fit(inputs, labels, batch_size=32, verbose=0)
    return {"far": far, "steps": int(whole.optimizer.iterations)}


def embedding_gradient(model):
    """The ids whose vectors have a gradient, and the ids that the texts hold."""
    import jax
    import numpy as np
    from keras import ops

    inputs, labels = ids_and_labels()
    inputs = {name: array[:8, :] for name, array in inputs.items()}
    fixed = [variable.value for variable in model.non_trainable_variables]

    def loss(trainable):
        logits, _ = model.stateless_call(trainable, fixed, inputs, training=False)
        return ops.mean(model.loss(labels[:8], logits))

    gradients = jax.grad(loss)([variable.value for variable in model.trainable_variables])
    paths = [variable.path.rpartition("/")[2] for variable in model.trainable_variables]
    table = np.asarray(gradients[paths.index("token_embeddings")])
    texts = inputs["token_ids"][inputs["padding_mask"] != 0]
    return {
        "finite": all(bool(np.isfinite(gradient).all()) for gradient in gradients),
        "rows": np.flatnonzero(np.abs(table).max(axis=1)).tolist(),
        "ids": np.unique(texts).tolist(),
    }


def refusals(*names):
    """What the package answers to one who asks for these of its names."""
    import keras_bigmodel

    answers = {}
    for name in names:
        try:
            getattr(keras_bigmodel, name)
        except keras_bigmodel.UserError as error:
            answers[name] = str(error)
    return answers


def everything(folder):
    import importlib.util
    import json
    import sys

    from keras_bigmodel.training import resolve_dtype

    def is_there(name):
        try:
            return importlib.util.find_spec(name) is not None
        except ModuleNotFoundError:
            return False

    model, plain = training("float32")
    found = {
        "there": [name for name in ("tensorflow", "tensorflow_text", "tf_keras") if is_there(name)],
        "float32": plain,
        "mixed_bfloat16": training("mixed_bfloat16")[1],
        "auto": resolve_dtype("auto").name,
        "coming_back": coming_back(model, folder),
        "embedding_gradient": embedding_gradient(model),
        "refusals": refusals("TextClassifier", "WordPieceTokenizer"),
        "loaded": sorted({"tensorflow", "tensorflow_text"} & set(sys.modules)),
    }
    print(json.dumps(found))


PROGRAM = (ids_and_labels, classifier, training, coming_back, embedding_gradient, refusals, everything)


# ---- where it runs


def python_with_tensorflow_forbidden(folder):
    """This environment; gives the interpreter and what a program begins with."""
    return sys.executable, inspect.getsource(forbid_tensorflow) + "\nforbid_tensorflow()\n"


def python_of_its_own(folder):
    """An environment that never heard of TensorFlow, with this package built as a user would build it."""
    return python_with(folder, "keras", "jax", "numpy"), ""


@pytest.fixture(
    scope="module",
    params=[python_with_tensorflow_forbidden, pytest.param(python_of_its_own, marks=pytest.mark.full)],
    ids=lambda made: made.__name__,
)
def ask(request, tmp_path_factory):
    """Runs lines behind `PROGRAM` where TensorFlow is not, and gives what they print as JSON."""
    folder = tmp_path_factory.mktemp("without_tensorflow")
    python, beginning = request.param(folder)
    sources = "\n\n".join([beginning, *map(inspect.getsource, PROGRAM)])

    def answer(line, **environment):
        hidden = {"KERAS_BACKEND", "PYTHONPATH"}
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        # Compiling takes longer than all the steps of so small a model.
        kept |= {"JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
        kept |= {"KERAS_HOME": str(folder / "keras"), **environment}
        return json.loads(run(python, "-c", f"{sources}\n\n{line}\n", cwd=folder, env=kept).splitlines()[-1])

    return answer


@pytest.fixture(scope="module")
def found(ask, tmp_path_factory):
    return ask(f"everything({str(tmp_path_factory.mktemp('saved'))!r})", KERAS_BACKEND="jax")


# ---- what is wanted of it


def test_tensorflow_is_not_there_and_is_not_loaded(found):
    assert found["there"] == []
    assert found["loaded"] == []


@pytest.mark.parametrize(("policy", "states"), [("float32", "float32"), ("mixed_bfloat16", "bfloat16")])
def test_it_learns_from_ids(found, policy, states):
    ran = found[policy]
    assert ran["module"] in ("jax", "jaxlib")
    assert ran["jit"] is True
    assert ran["steps"] == 24
    assert ran["states"] == states
    assert ran["weights"] == ["float32"]
    assert np.isfinite(ran["losses"]).all()
    assert ran["losses"][-1] < 0.5 * ran["losses"][0]  # a coin's loss is 0.69; the two halves of the ids tell all


def test_the_fastest_dtype_is_measured(found):
    assert found["auto"] in ("float32", "mixed_bfloat16")


def test_weights_and_whole_models_come_back(found):
    assert found["coming_back"]["far"] == [0.0, 0.0]
    assert found["coming_back"]["steps"] == 24 + 2  # the optimizer counts on from where it stood


def test_the_gradient_reaches_the_vectors_of_the_texts_ids_and_no_others(found):
    gradient = found["embedding_gradient"]
    assert gradient["finite"]
    assert gradient["rows"] == gradient["ids"]
    assert 0 < len(gradient["ids"]) < 49


def test_who_asks_for_a_task_is_told_what_it_needs(found):
    assert set(found["refusals"]) == {"TextClassifier", "WordPieceTokenizer"}
    assert "KERAS_BACKEND=tensorflow" in found["refusals"]["TextClassifier"]
    assert "pip install tensorflow" in found["refusals"]["WordPieceTokenizer"]


FOLDERS = """
import json, sys
import keras_bigmodel
encoder = keras_bigmodel.load_encoder(sys.argv[1])
try:
    keras_bigmodel.load_encoder(sys.argv[2])
except keras_bigmodel.UserError as error:
    print(json.dumps([encoder.settings["num_layers"], str(error)]))
"""


def test_a_hugging_face_folder_is_read_and_a_module_of_tf_hub_needs_tensorflow(tiny_bert, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    python, beginning = python_with_tensorflow_forbidden(tmp_path)
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    printed = run(python, "-c", beginning + FOLDERS, tiny_bert, tmp_path, env=environment)
    layers, sentence = json.loads(printed.splitlines()[-1])
    assert layers == 2
    assert sentence.startswith("keras_bigmodel.checkpoints.HubFolder asks for tensorflow, which is not installed.")


def test_who_has_not_named_a_backend_is_told_to(ask):
    answers = ask("import json; print(json.dumps(refusals('TextClassifier', 'BertEncoder')))")
    assert set(answers) == {"TextClassifier", "BertEncoder"}
    for answer in answers.values():
        assert "tensorflow, which is not installed" in answer
        assert "KERAS_BACKEND=jax" in answer
