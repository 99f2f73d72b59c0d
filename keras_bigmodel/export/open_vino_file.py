"""Writes a task's network as an OpenVINO file with labels and vocabulary inside. Knows OpenVINO; no task."""

import json
import logging
import os
import tempfile
from pathlib import Path

from keras_bigmodel.core.manifest import file_sha256
from keras_bigmodel.edge.open_vino_network import CONTENTS, WEIGHTS
from keras_bigmodel.export.network_of_ids import (
    check_packages,
    check_quantize,
    contents_of,
    without_output,
    write_network,
)


def write_open_vino(exportable, path, *, quantize="none"):
    """Writes an OpenVINO file whose network takes ids of any length and returns logits and probabilities.

    Args:
        exportable: as in `network_of_ids.write_network`.
        path: path of the `.xml` file. The weights are written to a `.bin` file of the same name.
        quantize: `"none"`, or `"int8"` (weights in 8 bits with a scale per channel; OpenVINO computes in floats). It
            does not quantize activations: with ranges calibrated on 300 texts a fine-tuned MiniLM lost 10 points of
            accuracy. Defaults to `"none"`.

    Raises:
        UserError: openvino is not installed, or for `"int8"` nncf is not; `quantize` is unknown; or as
            `network_of_ids.contents_of`.

    Source: OpenVINO intermediate representation; weight compression of the Neural Network Compression Framework.
    """
    check_quantize("openvino", quantize)
    contents = contents_of(exportable, "OpenVINO")
    check_packages("openvino", quantize)
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        write_network(exportable, folder)
        # read_model and not convert_model: the latter reports its use over the network.
        model = openvino.Core().read_model(folder)
        if quantize == "int8":
            model = _compressed(model)
        openvino.save_model(model, str(path), compress_to_fp16=False)
        weights = file_sha256(Path(path).with_suffix(".bin"))
        model.set_rt_info(json.dumps(contents.to_metadata() | {WEIGHTS: weights}), [CONTENTS])
        openvino.save_model(model, str(path), compress_to_fp16=False)  # again, now with the digest of its weights


def _compressed(model):
    """Returns the network with weights in 8 bits."""
    os.environ.setdefault("NNCF_CI", "1")  # before its import: otherwise it reports its use over the network
    import nncf

    nncf.set_log_level(logging.ERROR)
    with without_output():
        return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
