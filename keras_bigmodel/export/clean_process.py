"""Runs an exported model in a process of its own, without this package. Knows scripts and files; no format."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.export.saved_model_client import unpacked


def run_clean_process(client, model, requests, advance, *, python=sys.executable):
    """Runs a client script on requests in a process of its own.

    Args:
        client: path of the script. Its arguments are the model, an `.npz` file of the requests and the name of an
            `.npz` file to write, whose entry `about` is JSON. It prints one line per batch. See `saved_model_client`.
        model: path of the exported model.
        requests: `Requests`.
        advance: function to call after each batch.
        python: path of the interpreter. Defaults to that of this process.

    Returns:
        `(dict of "batch/endpoint/output" → array, dict of facts about the client)`.

    Raises:
        UserError: the client ended with an error; the message holds the last line of its standard error.
    """
    with tempfile.TemporaryDirectory() as aside:
        asked, answers, errors = (Path(aside, name) for name in ("requests.npz", "answers.npz", "errors.txt"))
        requests.write(asked)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("KERAS")}
        # -P: no imports from the script's folder. A client blocks forbidden packages; others may be anywhere.
        command = [str(python), "-P", str(client), str(model), str(asked), str(answers)]
        with errors.open("w") as error_file:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=error_file, text=True, env=environment)
            with process:
                for _ in process.stdout:  # one line per batch
                    advance()
        if process.returncode:
            said = errors.read_text(errors="replace").strip().splitlines()
            last = said[-1] if said else f"it ended with {process.returncode}"
            raise UserError(f"The exported model does not run in a process of its own: {last:.300}")
        with np.load(answers) as file:
            theirs = {name: file[name] for name in file.files if name != "about"}
            return unpacked(theirs), json.loads(file["about"].tobytes())
