"""KerasHub's side, as its guides show: a preprocessor of a fixed length, `fit` and `predict` on strings."""

import os
import tempfile
from pathlib import Path

import side

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def training(settings):
    """Trains on texts; its own pipeline tokenizes inside the clock."""
    yield _trained(settings, lambda model, texts: texts)


def fixed_training(settings):
    """Trains on ids of 32 x 128 without padding, made before the clock runs."""

    def to_ids(model, texts):
        ids = {name: values.numpy() for name, values in model.preprocessor(texts).items()}
        model.preprocessor = None
        return ids

    yield _trained(settings, to_ids)


def prediction(settings):
    """Answers texts with `predict`."""
    test = side.Texts(settings["texts"], "test", settings["rows"])
    load_s, model = side.timed(lambda: _load(settings, settings["classifier"], len(test.names), head=True))
    answer = lambda texts: model.predict(texts, batch_size=side.BATCH_SIZE, verbose=0).argmax(-1)
    compile_s, _ = side.timed(lambda: answer(test.texts[: side.BATCH_SIZE]))
    seconds, answers = side.median_pass(lambda: answer(test.texts), 1)
    about = {"accuracy": side.accuracy(answers, test.labels), "answers": [int(label) for label in answers]}
    yield _line(side.rates(len(test), test.tokens, seconds), load_s, compile_s, **about)


def single(settings):
    """Answers texts one at a time: its preprocessor, then its LiteRT export."""
    from ai_edge_litert.interpreter import Interpreter

    test = side.Texts(settings["texts"], "test", settings["rows"])
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.tflite")

        def load():
            model = _load(settings, settings["classifier"], len(test.names), head=True)
            model.export(path, format="litert")
            return model.preprocessor, Interpreter(path, num_threads=settings["threads"])

        load_s, (preprocessor, interpreter) = side.timed(load)
        runner = interpreter.get_signature_runner(next(iter(interpreter.get_signature_list())))
        kinds = {name: detail["dtype"] for name, detail in runner.get_input_details().items()}

        def answer(text):
            ids = preprocessor([text])
            # By name: the export has its inputs in another order.
            feed = {name: ids[name].numpy().astype(kind) for name, kind in kinds.items()}
            return next(iter(runner(**feed).values()))[0].argmax()

        compile_s, _ = side.timed(lambda: answer(test.texts[0]))
        figures = side.one_by_one(answer, test.texts)
    yield _line(figures, load_s, compile_s, accuracy=side.accuracy(figures["answers"], test.labels))


def _trained(settings, to_inputs):
    import numpy as np

    train = side.Texts(settings["texts"], "train", settings["rows"])
    test = side.Texts(settings["texts"], "test", min(settings["test_rows"], settings["rows"]))
    load_s, model = side.timed(lambda: _load(settings, settings["encoder"], len(train.names)))
    _compile(model, steps=-(-len(train) // side.BATCH_SIZE))
    preprocessor = model.preprocessor
    inputs, labels = to_inputs(model, train.texts), np.array(train.labels)
    few = slice(side.BATCH_SIZE)
    first = inputs[few] if isinstance(inputs, list) else {name: values[few] for name, values in inputs.items()}
    from keras_state import KerasState

    state = KerasState(model)
    fit = lambda x, y: model.fit(x, y, batch_size=side.BATCH_SIZE, verbose=0)
    compile_s, _ = side.timed(lambda: fit(first, labels[few]))
    warmup_s, _ = side.timed(lambda: fit(first, labels[few]))
    state.restore()
    seconds, _ = side.timed(lambda: fit(inputs, labels))
    model.preprocessor = preprocessor
    answers = model.predict(test.texts, batch_size=side.BATCH_SIZE, verbose=0).argmax(-1)
    about = {"accuracy": side.accuracy(answers, test.labels), "warmup_s": round(warmup_s, 2)}
    return _line(side.rates(len(train), train.tokens, seconds), load_s, compile_s, **about)


def _load(settings, folder, labels, head=False):
    import keras
    import keras_hub

    keras.utils.set_random_seed(settings["round"])
    keras.config.set_dtype_policy(POLICIES[settings["dtype"]])
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor.from_preset(
        folder, sequence_length=settings["length"]
    )
    model = keras_hub.models.BertTextClassifier.from_preset(folder, num_classes=labels, preprocessor=preprocessor)
    if head:  # it reads the encoder of such a folder and passes over the head
        from safetensors.numpy import load_file

        tensors = load_file(Path(folder) / "model.safetensors")
        model.get_layer("logits").set_weights([tensors["classifier.weight"].T, tensors["classifier.bias"]])
    return model


def _compile(model, *, steps):
    import keras

    rate = keras.optimizers.schedules.PolynomialDecay(side.LEARNING_RATE, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=side.WEIGHT_DECAY, global_clipnorm=side.CLIP_NORM)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"], jit_compile=False)


def _line(figures, load_s, compile_s, **about):
    times = {"load_s": round(load_s, 2), "compile_s": round(compile_s, 2)}
    packages = side.versions("keras-hub", "keras", "tensorflow", "ai-edge-litert")
    return {**figures, **times, **about, "versions": packages}


FUNCTIONS = {"training": training, "fixed_training": fixed_training, "prediction": prediction, "single": single}

if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    side.main(FUNCTIONS)
