"""A SavedModel behind the REST interface of TensorFlow Serving, as its guide describes `:predict`, computed here."""

import contextlib
import http.server
import json
import threading

import numpy as np
import tensorflow as tf


@contextlib.contextmanager
def served(folder, change=lambda name, outputs: outputs):
    """Serves a SavedModel while the block runs; gives the model's URL.

    Args:
        folder: path of the SavedModel.
        change: function of a signature's name and its outputs, dict of lists, → what is answered instead.
    """
    model = tf.saved_model.load(str(folder))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                signature = model.signatures[body["signature_name"]]
                specs = signature.structured_input_signature[1]
                tensors = {name: tf.constant(value, specs[name].dtype) for name, value in body["inputs"].items()}
                outputs = {name: _listed(value.numpy()) for name, value in signature(**tensors).items()}
                outputs = change(body["signature_name"], outputs)
                answer = {"outputs": outputs if len(outputs) > 1 else next(iter(outputs.values()))}
                self._send(200, answer)
            except KeyError as error:
                self._send(400, {"error": f"Serving signature key {error} not found."})

        def _send(self, code, answer):
            text = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args):
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/models/reviews"
        finally:
            server.shutdown()
            thread.join()


def _listed(array):
    if array.dtype == object:
        return np.vectorize(bytes.decode, otypes=[object])(array).tolist()
    return array.tolist()
