"""Compares a LiteRT, ONNX or OpenVINO file with its model. Knows endpoints and files; no task."""

import dataclasses
from pathlib import Path

from keras_bigmodel.core.manifest import file_sha256
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.export.clean_process import run_clean_process
from keras_bigmodel.export.endpoint import Endpoint
from keras_bigmodel.export.lite_embedding import vectors_of
from keras_bigmodel.export.network_of_ids import output_of
from keras_bigmodel.export.output_rules import Close, SameChoice, SameDirection, SameSides
from keras_bigmodel.export.parity import certificate_of, compare_endpoints
from keras_bigmodel.export.requests import Requests

# By `quantize`: the rule for probabilities, with the largest difference of their logarithms or the share of rows whose
# label must stay the same.
_RULES = {
    "none": Close(1e-5),
    # The samples are hostile and in 95 languages: on most of them a model is close to a tie, which says nothing of its
    # own texts (a fine-tuned MiniLM keeps 98.1 % here, 87 of its 88 validation rows). What it loses on these,
    # `pipeline.lost_accuracy` measures.
    "int8": SameChoice("probabilities", share=0.95),
    "int4": SameChoice("probabilities", share=0.85),
    "float16": SameChoice("probabilities", share=0.99),
}
# The same for labels that each have a threshold (a row agrees if all its labels do), and for numbers, whose differences
# are in units of the targets' deviation.
_LABEL_SHARES = {"int8": 0.9, "int4": 0.7, "float16": 0.98}
_SCORE_RULES = {"int8": (0.25, 0.95), "int4": (0.5, 0.85), "float16": (0.02, 0.99)}
# The same for vectors, which are searched by their cosines: the smallest one, and the share of rows that must reach it.
_VECTOR_RULES = {
    "none": Close(1e-4),
    # MiniLM, as it is and fine-tuned, has 0.986 or more on every sample, and 0.995 or more on texts of its language.
    "int8": SameDirection(0.98, share=0.99),
    "float16": SameDirection(0.999),
}
_LITE_RULE = Close(1e-4, logarithms=True)  # of a LiteRT file that is not quantized: XNNPACK sums in another order
_CLIENT = Path(__file__).with_name("edge_client.py")


def edge_parity(exportable, path, columns, *, format, quantize, reporter=SILENT):
    """Compares a LiteRT, ONNX or OpenVINO file, run in a process of its own without TensorFlow, with the model.

    Args:
        exportable: object with `endpoints()` that hold `tokenize` and `tokens`, `preprocessor` and
            `outputs_from_logits`, such as a `TextClassifier`; for `"litert_embedding"` with `preprocessor` and
            `embedding_model`.
        path: path of the file.
        columns: dict of input name → list of str. The texts.
        format: str. The export format of the file, such as `"litert"`.
        quantize: str. How the file was quantized.
        reporter: `Reporter` of the progress. Defaults to a silent one.

    Returns:
        dict: the certificate. `"agrees"` holds whether the file passed, `"reasons"` why not.
    """
    vectors = format == "litert_embedding"
    endpoints = (_vector_endpoints if vectors else _endpoints)(exportable, _rule(exportable, format, quantize))
    requests = Requests.of(exportable.preprocessor, columns, endpoints)
    with reporter.bar("comparing, in a process without TensorFlow", len(requests.batches)) as advance:
        theirs, about = run_clean_process(_CLIENT, path, requests, advance)
    compared, reasons = compare_endpoints(endpoints, requests, theirs, tolerance=1e-4, reporter=reporter)
    if any(output["rows_that_differ"] for output in compared["tokenize"]["outputs"].values()):
        reasons = [reason for reason in reasons if "tokenize" in reason]  # what other tokens give does not compare
    files = sorted(Path(path).parent.glob(f"{Path(path).stem}.*"))
    return certificate_of(
        compared,
        reasons,
        requests.rows,
        quantize=quantize,
        bytes=sum(file.stat().st_size for file in files),
        files={file.name: file_sha256(file) for file in files},
        load_seconds=round(about["load_seconds"], 3),
        clean_process=about["versions"],
    )


def _rule(exportable, format, quantize):
    """Returns the rule for the outputs of a file."""
    if format == "litert_embedding":
        return _VECTOR_RULES[quantize]
    kind = exportable.answer_reader().kind
    if kind == "label_set" and quantize in _LABEL_SHARES:
        return SameSides("probabilities", tuple(exportable.thresholds), share=_LABEL_SHARES[quantize])
    if kind == "score":
        tolerance, share = _SCORE_RULES.get(quantize, (1e-4, 1.0))
        return Close(tolerance, unit=exportable.scale, share=share)
    return _LITE_RULE if (format, quantize) == ("litert", "none") else _RULES[quantize]


def _endpoints(exportable, rule):
    tokenize, tokens = (exportable.endpoints()[name] for name in ("tokenize", "tokens"))

    def classify(**columns):
        logits = tokens.function(**tokenize.function(**columns))["logits"]
        return {output: exportable.outputs_from_logits(logits)}

    output = output_of(exportable)
    classify = Endpoint(classify, tokenize.inputs, {output: rule})
    return {"tokenize": dataclasses.replace(tokenize, sampled=False), "classify": classify}


def _vector_endpoints(exportable, rule):
    preprocessor = exportable.preprocessor
    texts = tuple(preprocessor.specs.values())

    def embed(**columns):
        return {"embedding": vectors_of(exportable, preprocessor(**columns))}

    return {"tokenize": Endpoint(preprocessor.__call__, texts), "embed": Endpoint(embed, texts, {"embedding": rule})}
