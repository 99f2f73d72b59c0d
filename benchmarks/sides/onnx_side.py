"""ONNX Runtime's side: the classifier exported by PyTorch, texts tokenized by `tokenizers`, one text at a time."""

import tempfile
from pathlib import Path

import side


def single(settings):
    """Answers texts one at a time."""
    import numpy as np
    from tokenizers import Tokenizer

    test = side.Texts(settings["texts"], "test", settings["rows"])
    with tempfile.TemporaryDirectory() as folder:
        load_s, session = side.timed(lambda: _session(settings, Path(folder)))
        tokenizer = Tokenizer.from_file(str(Path(settings["classifier"]) / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(side.MAX_LENGTH)

        def answer(text):
            ids = np.array([tokenizer.encode(text).ids], "int64")
            return session.run(None, {"ids": ids, "mask": np.ones_like(ids)})[0][0].argmax()

        compile_s, _ = side.timed(lambda: answer(test.texts[0]))
        figures = side.one_by_one(answer, test.texts)
    about = {"accuracy": side.accuracy(figures["answers"], test.labels)}
    times = {"load_s": round(load_s, 2), "compile_s": round(compile_s, 2)}
    yield {**figures, **times, **about, "versions": side.versions("onnxruntime", "onnx", "torch", "tokenizers")}


def _session(settings, folder):
    """Exports the classifier and opens it; int8 is dynamic quantisation."""
    import onnxruntime
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(settings["classifier"], dtype=torch.float32).eval()
    model.config.return_dict = False
    example = torch.ones((1, 32), dtype=torch.long)
    axes = {name: {0: "rows", 1: "tokens"} for name in ("ids", "mask")}
    names = {"input_names": ["ids", "mask"], "dynamic_axes": axes}
    torch.onnx.export(model, (example, example), str(folder / "float32.onnx"), dynamo=False, **names)
    if settings["dtype"] == "int8":
        quantize_dynamic(folder / "float32.onnx", folder / "int8.onnx", weight_type=QuantType.QInt8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings["threads"]
    return onnxruntime.InferenceSession(str(folder / f"{settings['dtype']}.onnx"), options)


if __name__ == "__main__":
    side.main({"single": single})
