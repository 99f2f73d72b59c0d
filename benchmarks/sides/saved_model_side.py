"""The side of an exported SavedModel, as a stranger's client runs it: TensorFlow and TensorFlow Text only."""

import side


def prediction(settings):
    """Answers texts handed in as strings, sorted by length by the client."""
    import tensorflow as tf

    test = side.Texts(settings["texts"], "test", settings["rows"])
    load_s, model = side.timed(lambda: _load(settings))
    ask = model.signatures["serving_default"]

    def answer(texts):
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        labels = [0] * len(texts)
        for start in range(0, len(order), side.BATCH_SIZE):
            rows = order[start : start + side.BATCH_SIZE]
            found = ask(text=tf.constant([texts[row] for row in rows]))["probabilities"].numpy().argmax(-1)
            for row, label in zip(rows, found.tolist(), strict=True):
                labels[row] = label
        return labels

    compile_s, _ = side.timed(lambda: answer(test.texts[: side.BATCH_SIZE]))
    shapes, _ = test.take(row for batch in test.one_batch_a_length() for row in batch)
    warmup_s, _ = side.timed(lambda: answer(shapes))
    seconds, answers = side.median_pass(lambda: answer(test.texts), settings["passes"])
    about = {"accuracy": side.accuracy(answers, test.labels), "answers": answers, "warmup_s": round(warmup_s, 2)}
    yield _line(side.rates(len(test), test.tokens, seconds), load_s, compile_s, **about)


def fixed_prediction(settings):
    """Turns ids of 32 x 128 without padding into logits, by the signature `tokens`."""
    import tensorflow as tf

    test = side.Texts(settings["texts"], "test", settings["rows"])
    load_s, model = side.timed(lambda: _load(settings))
    ask = model.signatures["tokens"]
    ids = model.signatures["tokenize"](text=tf.constant(test.texts))
    starts = range(0, len(test), side.BATCH_SIZE)
    batches = [{name: values[start : start + side.BATCH_SIZE] for name, values in ids.items()} for start in starts]

    def answer(batches):
        return [label for batch in batches for label in ask(**batch)["logits"].numpy().argmax(-1).tolist()]

    compile_s, _ = side.timed(lambda: answer(batches[:1]))
    answer(batches[-1:])
    seconds, answers = side.median_pass(lambda: answer(batches), settings["passes"])
    about = {"accuracy": side.accuracy(answers, test.labels), "answers": answers}
    yield _line(side.rates(len(test), test.tokens, seconds), load_s, compile_s, **about)


def single(settings):
    """Answers texts one at a time."""
    import tensorflow as tf

    test = side.Texts(settings["texts"], "test", settings["rows"])
    load_s, model = side.timed(lambda: _load(settings))
    ask = model.signatures["serving_default"]
    answer = lambda text: ask(text=tf.constant([text]))["probabilities"].numpy()[0].argmax()
    compile_s, _ = side.timed(lambda: answer(test.texts[0]))
    figures = side.one_by_one(answer, test.texts)
    yield _line(figures, load_s, compile_s, accuracy=side.accuracy(figures["answers"], test.labels))


def first_prediction(settings):
    """Loads and answers one text."""
    import tensorflow as tf

    model = _load(settings)
    found = model.signatures["serving_default"](text=tf.constant([settings["text"]]))["probabilities"].numpy()
    yield {"first_prediction_s": side.since_start(), "answers": [int(found[0].argmax())]}


def _load(settings):
    import tensorflow as tf
    import tensorflow_text  # noqa: F401  (registers the tokenizer's op)

    return tf.saved_model.load(settings["saved_model"])


def _line(figures, load_s, compile_s, **about):
    times = {"load_s": round(load_s, 2), "compile_s": round(compile_s, 2)}
    return {**figures, **times, **about, "versions": side.versions("tensorflow", "tensorflow-text")}


FUNCTIONS = {
    "prediction": prediction,
    "fixed_prediction": fixed_prediction,
    "single": single,
    "first_prediction": first_prediction,
}

if __name__ == "__main__":
    side.main(FUNCTIONS)
