"""Sends rows to a running TensorFlow Serving over REST. Knows requests and JSON; no task."""

import json
import urllib.error
import urllib.request

import numpy as np

from keras_bigmodel.core.errors import UserError

_TIMEOUT = 120  # seconds for one batch


def ask_server(url, requests, endpoints, advance):
    """Computes requests on a server.

    Args:
        url: str. URL of the model, `http://localhost:8501/v1/models/reviews`; `/versions/N` may follow.
        requests: `Requests`.
        endpoints: dict of name → `Endpoint`; the names are those of the server's signatures.
        advance: function that is called after each batch of each endpoint.

    Returns:
        dict of "batch/endpoint/output" → array.

    Raises:
        UserError: the URL is none, the server does not answer, or answers with an error; the message repeats it.

    Source: "TensorFlow Serving RESTful API", predict.
    """
    url = url.rstrip("/").removesuffix(":predict")
    if not url.startswith(("http://", "https://")) or "/v1/models/" not in url:
        raise UserError(
            f"{url} came as the URL of a server; wanted that of a model, e.g. http://localhost:8501/v1/models/reviews."
        )
    found = {}
    for name, endpoint in endpoints.items():
        kinds = {output: tensor.dtype for output, tensor in endpoint.traced().structured_outputs.items()}
        for number in requests.batches_of[name]:
            inputs = {part: _plain(requests.batches[number][part]) for part in endpoint.input_names}
            outputs = _post(f"{url}:predict", {"signature_name": name, "inputs": inputs})["outputs"]
            if not isinstance(outputs, dict):  # the name of a single output is left out
                outputs = dict.fromkeys(kinds, outputs)
            for output, kind in kinds.items():
                if output in outputs:
                    found[f"{number}/{name}/{output}"] = _as_array(outputs[output], kind, f"{url}: {output} of {name}")
            advance()
    return found


def _post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        raise UserError(f"{url} answered with {error.code}: {_error_of(error)}") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{url} does not answer as TensorFlow Serving does ({error!s:.160}). Is it running?") from error
    if not isinstance(found, dict) or "outputs" not in found:
        raise UserError(f"{url} answered {found!r:.120}; wanted a dict with outputs, as TensorFlow Serving gives it.")
    return found


def _error_of(error):
    text = error.read().decode("utf-8", "replace")
    try:
        return str(json.loads(text)["error"])[:400]
    except (ValueError, KeyError, TypeError):
        return text[:400]


def _plain(array):
    """Returns an array as lists that JSON can hold; strings are UTF-8 bytes."""
    return [part.decode("utf-8") for part in array] if array.dtype == object else array.tolist()


def _as_array(values, dtype, what):
    try:
        array = np.array(values)
    except ValueError as error:
        raise UserError(f"{what} came as rows of unequal lengths; wanted an array.") from error
    if dtype.name == "string":
        flat = [str(value).encode("utf-8") for value in array.reshape(-1)]
        return np.array(flat, object).reshape(array.shape)
    if array.dtype.kind not in "biuf":
        raise UserError(f"{what} came as {values!r:.60}; wanted numbers.")
    return array.astype("float32" if dtype.name == "bfloat16" else dtype.as_numpy_dtype)
