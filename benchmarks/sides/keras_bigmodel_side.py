"""keras_bigmodel's side: `task.fit`, `task.predict`, `TextClassifier.load`. Public names only."""

import side

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def training(settings):
    """Trains on texts; the clock includes their tokenisation."""
    train = side.Texts(settings["texts"], "train", settings["rows"])
    test = side.Texts(settings["texts"], "test", settings["test_rows"])
    load_s, task = side.timed(lambda: _new_task(settings, train.names))
    state = _state(task)
    first = train.take(range(side.BATCH_SIZE))
    compile_s, _ = side.timed(lambda: task.fit(*first, batch_size=side.BATCH_SIZE, verbose=0))
    shapes = train.take(row for batch in train.one_batch_a_length() for row in batch)
    warmup_s, _ = side.timed(lambda: task.fit(*shapes, batch_size=side.BATCH_SIZE, verbose=0))
    state.restore()
    labels, seed = train.label_names, settings["round"]
    seconds, _ = side.timed(lambda: task.fit(train.texts, labels, batch_size=side.BATCH_SIZE, verbose=0, seed=seed))
    right = side.accuracy(task.predict(test.texts).argmax(-1), test.labels)
    yield _line(side.rates(len(train), train.tokens, seconds), load_s, compile_s, warmup_s, accuracy=right)


def fixed_training(settings):
    """Trains on ids of 32 x 128 without padding, made before the clock runs."""
    train = side.Texts(settings["texts"], "train", settings["rows"])
    test = side.Texts(settings["texts"], "test", settings["test_rows"])
    load_s, task = side.timed(lambda: _new_task(settings, train.names))
    import numpy as np

    ids, labels = _ids(task, train.texts), np.array(train.labels, "int32")
    first = {name: values[: side.BATCH_SIZE] for name, values in ids.items()}
    state = _state(task)
    how = {"batch_size": side.BATCH_SIZE, "verbose": 0}
    compile_s, _ = side.timed(lambda: task.fit(first, labels[: side.BATCH_SIZE], **how))
    warmup_s, _ = side.timed(lambda: task.fit(first, labels[: side.BATCH_SIZE], epochs=2, **how))
    state.restore()
    seconds, _ = side.timed(lambda: task.fit(ids, labels, **how))
    right = side.accuracy(task.predict(test.texts).argmax(-1), test.labels)
    yield _line(side.rates(len(train), train.tokens, seconds), load_s, compile_s, warmup_s, accuracy=right)


def prediction(settings):
    """Answers texts with `task.predict`."""
    from keras_bigmodel import TextClassifier

    test = side.Texts(settings["texts"], "test", settings["rows"])
    load = lambda: TextClassifier.from_encoder(settings["classifier"], dtype=POLICIES[settings["dtype"]])
    load_s, task = side.timed(load)
    answer = lambda texts: task.predict(texts, batch_size=side.BATCH_SIZE).argmax(-1)
    compile_s, _ = side.timed(lambda: answer(test.texts[: side.BATCH_SIZE]))
    shapes, _ = test.take(row for batch in test.one_batch_a_length() for row in batch)
    warmup_s, _ = side.timed(lambda: answer(shapes))
    seconds, answers = side.median_pass(lambda: answer(test.texts), settings["passes"])
    about = {"accuracy": side.accuracy(answers, test.labels), "answers": [int(label) for label in answers]}
    yield _line(side.rates(len(test), test.tokens, seconds), load_s, compile_s, warmup_s, **about)


def first_prediction(settings):
    """Loads a saved task and answers one text."""
    from keras_bigmodel import TextClassifier

    task = TextClassifier.load(settings["saved_task"], dtype="float32")
    found = task.classify([settings["text"]])[0]
    yield {"first_prediction_s": side.since_start(), "answers": [settings["names"].index(found.label)]}


def growth(settings):
    """Trains and predicts with encoders of several shapes, on random ids without padding."""
    import keras

    for point in settings["points"]:
        keras.utils.set_random_seed(0)
        task = _grown_task(settings, point)
        task.compile()
        rows = max(1, settings["tokens_a_batch"] // point["length"])
        words = task.tokenizer.vocabulary_size
        ids, labels = _random_ids(rows * settings["steps"], point["length"], words)
        train = lambda ids, labels, task=task, rows=rows: task.fit(ids, labels, batch_size=rows, verbose=0)
        predict = lambda ids, labels, task=task, rows=rows: task.predict(ids, batch_size=rows)
        for name, work in (("training", train), ("prediction", predict)):
            figures = _growth_figures(work, ids, labels, rows)
            yield {"peak_mb": None, "set": f"{point['name']}, {name}", **figures}
        keras.backend.clear_session()


def _growth_figures(work, ids, labels, rows):
    first = {name: values[:rows] for name, values in ids.items()}
    compile_s, _ = side.timed(lambda: work(first, labels[:rows]))
    seconds, _ = side.timed(lambda: work(ids, labels))
    return side.rates(len(labels), ids["token_ids"].size, seconds) | {"compile_s": round(compile_s, 2)}


def _new_task(settings, names):
    import keras

    from keras_bigmodel import TextClassifier

    keras.utils.set_random_seed(settings["round"])
    task = TextClassifier.from_encoder(settings["encoder"], labels=names, dtype=POLICIES[settings["dtype"]])
    task.compile()
    return task


def _grown_task(settings, point):
    from keras_bigmodel import BertEncoder, TextClassifier, WordPieceTokenizer
    from keras_bigmodel.preprocessors import TextPreprocessor

    with open(settings["vocabulary"], encoding="utf-8") as file:
        vocabulary = file.read().splitlines()
    width = point["hidden"]
    encoder = BertEncoder(
        len(vocabulary),
        width,
        num_layers=point["layers"],
        num_heads=width // 32,
        intermediate_dim=4 * width,
        dtype=POLICIES[settings["dtype"]],
    )
    return TextClassifier(encoder, TextPreprocessor(WordPieceTokenizer(vocabulary), max_length=512), ["no", "yes"])


def _random_ids(rows, length, words):
    import numpy as np

    rng = np.random.default_rng(0)
    ids = rng.integers(5, words, (rows, length), dtype="int32")
    same = {"segment_ids": np.zeros_like(ids), "padding_mask": np.ones_like(ids)}
    return {"token_ids": ids, **same}, rng.integers(0, 2, rows, dtype="int32")


def _ids(task, texts):
    return {name: values.numpy() for name, values in task.preprocess(texts).items()}


def _state(task):
    from keras_state import KerasState

    return KerasState(task)


def _line(figures, load_s, compile_s, warmup_s, **about):
    times = {"load_s": round(load_s, 2), "compile_s": round(compile_s, 2), "warmup_s": round(warmup_s, 2)}
    packages = side.versions("keras-bigmodel", "tensorflow", "keras", "tensorflow-text")
    return {**figures, **times, **about, "versions": packages}


FUNCTIONS = {
    "training": training,
    "fixed_training": fixed_training,
    "prediction": prediction,
    "first_prediction": first_prediction,
    "growth": growth,
}

if __name__ == "__main__":
    side.main(FUNCTIONS)
