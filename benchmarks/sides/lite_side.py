"""The side of a LiteRT file: `keras_bigmodel.edge.LiteClassifier`, without TensorFlow."""

import side


def prediction(settings):
    """Answers texts handed in as strings."""
    test = side.Texts(settings["texts"], "test", settings["rows"])
    load_s, lite = side.timed(lambda: _load(settings))
    answer = lambda texts: lite.predict(texts).argmax(-1)
    warmup_s, _ = side.timed(lambda: answer(test.texts))
    seconds, answers = side.median_pass(lambda: answer(test.texts), settings["passes"])
    about = {"accuracy": side.accuracy(answers, test.labels), "answers": [int(label) for label in answers]}
    yield _line(side.rates(len(test), test.tokens, seconds), load_s, warmup_s=round(warmup_s, 2), **about)


def single(settings):
    """Answers texts one at a time."""
    test = side.Texts(settings["texts"], "test", settings["rows"])
    load_s, lite = side.timed(lambda: _load(settings))
    figures = side.one_by_one(lambda text: lite.predict([text])[0].argmax(), test.texts)
    yield _line(figures, load_s, accuracy=side.accuracy(figures["answers"], test.labels))


def latency(settings):
    """Turns one row of ids into probabilities, again and again."""
    import numpy as np

    from keras_bigmodel.edge.lite_network import LiteNetwork

    load_s, network = side.timed(lambda: LiteNetwork(settings["lite"], num_threads=settings["threads"]))
    ids = np.full((1, settings["length"]), 2000, "int32")
    feed = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": np.ones_like(ids)}
    yield _line(side.again_and_again(lambda: network(**feed)), load_s)


def first_prediction(settings):
    """Loads and answers one text."""
    found = _load(settings).predict([settings["text"]])
    yield {"first_prediction_s": side.since_start(), "answers": [int(found[0].argmax())]}


def _load(settings):
    from keras_bigmodel.edge import LiteClassifier

    return LiteClassifier(settings["lite"], num_threads=settings["threads"])


def _line(figures, load_s, **about):
    return {**figures, "load_s": round(load_s, 2), **about, "versions": side.versions("ai-edge-litert")}


FUNCTIONS = {"prediction": prediction, "single": single, "latency": latency, "first_prediction": first_prediction}

if __name__ == "__main__":
    side.main(FUNCTIONS)
