"""The error that a person reads, and how light the room is that it stands in."""

import subprocess
import sys

from keras_bigmodel.core.errors import UserError


def test_a_user_error_is_a_value_error_and_its_text_is_the_sentence():
    assert issubclass(UserError, ValueError)
    assert str(UserError("No folder x. Give one.")) == "No folder x. Give one."


def test_the_core_loads_neither_tensorflow_nor_keras_nor_numpy():
    script = """
import sys
import keras_bigmodel.core.errors, keras_bigmodel.core.manifest
import keras_bigmodel.core.versions, keras_bigmodel.core.whole_folder
print([name for name in ("tensorflow", "keras", "numpy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
