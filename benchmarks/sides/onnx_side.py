"""ONNX Runtime's and OpenVINO's side: the classifier exported by PyTorch, texts tokenized by `tokenizers`."""

import tempfile
from pathlib import Path

import side

_BATCH_SIZE = 16  # larger batches leave the processor's cache: on SST-2 16 is faster than 8 and 32
_PACKAGES = {"onnxruntime": ("onnxruntime",), "openvino": ("openvino", "nncf")}


def prediction(settings):
    """Answers texts, sorted by length."""
    test = side.Texts(settings["texts"], "test", settings["rows"])
    with tempfile.TemporaryDirectory() as folder:
        load_s, network = side.timed(lambda: _network(settings, Path(folder)))
        tokenizer = _tokenizer(settings)

        def answer(texts):
            encoded = tokenizer.encode_batch(texts)
            order = sorted(range(len(texts)), key=lambda row: len(encoded[row].ids))
            answers = [0] * len(texts)
            for start in range(0, len(order), _BATCH_SIZE):
                rows = order[start : start + _BATCH_SIZE]
                found = network(*_padded([encoded[row].ids for row in rows])).argmax(-1)
                for row, label in zip(rows, found, strict=True):
                    answers[row] = int(label)
            return answers

        warmup_s, _ = side.timed(lambda: answer(test.texts))
        seconds, answers = side.median_pass(lambda: answer(test.texts), settings["passes"])
    about = {"accuracy": side.accuracy(answers, test.labels), "answers": answers}
    times = {"load_s": round(load_s, 2), "warmup_s": round(warmup_s, 2)}
    yield {**side.rates(len(test), test.tokens, seconds), **times, **about, "versions": _versions(settings)}


def single(settings):
    """Answers texts one at a time."""
    test = side.Texts(settings["texts"], "test", settings["rows"])
    with tempfile.TemporaryDirectory() as folder:
        load_s, network = side.timed(lambda: _network(settings, Path(folder)))
        tokenizer = _tokenizer(settings)
        answer = lambda text: network(*_padded([tokenizer.encode(text).ids]))[0].argmax()
        compile_s, _ = side.timed(lambda: answer(test.texts[0]))
        figures = side.one_by_one(answer, test.texts)
    about = {"accuracy": side.accuracy(figures["answers"], test.labels)}
    times = {"load_s": round(load_s, 2), "compile_s": round(compile_s, 2)}
    yield {**figures, **times, **about, "versions": _versions(settings)}


def latency(settings):
    """Turns one row of ids into logits, again and again."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        load_s, network = side.timed(lambda: _network(settings, Path(folder)))
        ids = np.full((1, settings["length"]), 2000, "int64")
        figures = side.again_and_again(lambda: network(ids, np.ones_like(ids)))
    yield {**figures, "load_s": round(load_s, 2), "versions": _versions(settings)}


def _versions(settings):
    return side.versions(*_PACKAGES[settings["runtime"]], "onnx", "torch", "tokenizers")


def _tokenizer(settings):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(settings["classifier"]) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(side.MAX_LENGTH)
    return tokenizer


def _padded(rows):
    """Gives ids and mask of rows, padded to the longest."""
    import numpy as np

    longest = max(map(len, rows))
    ids, mask = np.zeros((2, len(rows), longest), "int64")
    for number, row in enumerate(rows):
        ids[number, : len(row)], mask[number, : len(row)] = row, 1
    return ids, mask


def _network(settings, folder):
    """Exports the classifier and gives a function of ids and mask -> logits."""
    import torch
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(settings["classifier"], dtype=torch.float32).eval()
    model.config.return_dict = False
    example = torch.ones((1, 32), dtype=torch.long)
    axes = {name: {0: "rows", 1: "tokens"} for name in ("ids", "mask")}
    names = {"input_names": ["ids", "mask"], "dynamic_axes": axes}
    torch.onnx.export(model, (example, example), str(folder / "float32.onnx"), dynamo=False, **names)
    return {"onnxruntime": _onnx_runtime, "openvino": _open_vino}[settings["runtime"]](settings, folder)


def _onnx_runtime(settings, folder):
    """Opens the file with ONNX Runtime; int8 is dynamic quantisation."""
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    if settings["dtype"] == "int8":
        # A scale per channel: with one per matrix a tenth of the answers change.
        how = {"weight_type": QuantType.QInt8, "per_channel": True}
        quantize_dynamic(folder / "float32.onnx", folder / "int8.onnx", **how)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings["threads"]
    session = onnxruntime.InferenceSession(str(folder / f"{settings['dtype']}.onnx"), options)
    return lambda ids, mask: session.run(None, {"ids": ids, "mask": mask})[0]


def _open_vino(settings, folder):
    """Opens the file with OpenVINO, in the precision that it chooses for the processor.

    int8 is NNCF's compression of weights; quantising activations, too, loses ten points on SST-2.
    """
    import nncf
    import openvino

    core = openvino.Core()
    model = core.read_model(folder / "float32.onnx")
    if settings["dtype"] == "int8":
        model = nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
    how = {"INFERENCE_NUM_THREADS": settings["threads"]}
    if settings["dtype"] == "float32":
        how["INFERENCE_PRECISION_HINT"] = "f32"
    request = core.compile_model(model, "CPU", how).create_infer_request()
    return lambda ids, mask: next(iter(request.infer({"ids": ids, "mask": mask}).values()))


if __name__ == "__main__":
    side.main({"prediction": prediction, "single": single, "latency": latency})
