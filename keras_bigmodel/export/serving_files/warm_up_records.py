"""Writes the requests that TensorFlow Serving runs when it loads a model. Knows requests and signatures; no task."""

from pathlib import Path

import tensorflow as tf

from keras_bigmodel.export.requests import Requests

WARM_UP_FILE = Path("assets.extra", "tf_serving_warmup_requests")
SIZES = (1, 4, 16)  # rows in a request
# Numbers of the fields of the messages, whose Python classes tensorflow-serving-api has.
_PREDICT_LOG = 6  # of PredictionLog
_REQUEST = 1  # of PredictLog
_MODEL_SPEC, _INPUTS = 1, 2  # of PredictRequest
_NAME, _SIGNATURE_NAME = 1, 3  # of ModelSpec
_KEY, _VALUE = 1, 2  # of an entry of a map
_LENGTH_DELIMITED = 2
_MODEL_NAME = b"model"  # the server does not read it


def write_warm_up_records(endpoints, preprocessor, folder):
    """Writes a request of each size for every signature, so that the first real request is no slower than the others.

    Args:
        endpoints: dict of name → `Endpoint`.
        preprocessor: `Preprocessor`, whose samples are the rows.
        folder: path of the SavedModel.

    Source: `prediction_log.proto` and `predict.proto` of TensorFlow Serving; records as TFRecord.
    """
    path = Path(folder) / WARM_UP_FILE
    path.parent.mkdir(exist_ok=True)
    samples = {column: rows[: max(SIZES)] for column, rows in preprocessor.samples().items()}
    requests = Requests.of(preprocessor, samples, endpoints)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for size in SIZES:
            for signature, endpoint in endpoints.items():
                rows = {spec.name: requests.batches[0][spec.name][:size] for spec in endpoint.inputs}
                inputs = {spec.name: tf.constant(rows[spec.name], spec.dtype) for spec in endpoint.inputs}
                writer.write(prediction_log(signature, inputs))


def prediction_log(signature, inputs):
    """Returns a serialized `PredictionLog` of a request: bytes.

    Args:
        signature: str. Name of the signature.
        inputs: dict of input name → tensor.
    """
    request = _field(_MODEL_SPEC, _field(_NAME, _MODEL_NAME) + _field(_SIGNATURE_NAME, signature.encode()))
    for key, tensor in inputs.items():
        value = tf.make_tensor_proto(tensor).SerializeToString()
        request += _field(_INPUTS, _field(_KEY, key.encode()) + _field(_VALUE, value))
    return _field(_PREDICT_LOG, _field(_REQUEST, request))


def _field(number, value):
    """Returns a field of bytes as protocol buffers encode it: tag, length, bytes."""
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(value)) + value


def _varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
