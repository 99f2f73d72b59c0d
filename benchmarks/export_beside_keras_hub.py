"""What the SavedModel of a MiniLM classifier takes, which foreign ops it holds and how large it is: here and KerasHub.

usage: python benchmarks/export_beside_keras_hub.py
Prints one JSON line an export. KerasHub's own `export` takes ids, so its preprocessor is also wrapped around it, as one
would by hand.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

LIST_OPS = """
import json, sys
from keras_bigmodel.export.saved_model_client import foreign_ops
print(json.dumps(foreign_ops(sys.argv[1])))
"""


def describe(name, folder):
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    signature = loaded.signatures["serving_default"].structured_input_signature[1]
    listed = subprocess.run([sys.executable, "-c", LIST_OPS, str(folder)], capture_output=True, text=True, check=True)
    size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    print(
        json.dumps(
            {
                "export": name,
                "takes": {key: spec.dtype.name for key, spec in signature.items()},
                "foreign_ops": json.loads(listed.stdout.strip().splitlines()[-1]),
                "megabytes": round(size / 1e6, 1),
            }
        ),
        flush=True,
    )


def main():
    import keras
    import keras_hub
    import tensorflow as tf

    from keras_bigmodel import TextClassifier
    from keras_bigmodel.checkpoints.minilm import minilm_folder

    with tempfile.TemporaryDirectory() as aside:
        task = TextClassifier.from_encoder("minilm", labels=["negative", "positive"], dtype="float32")
        task.export(f"{aside}/ours")
        describe("keras_bigmodel", f"{aside}/ours")

        preset = str(minilm_folder())
        preprocessor = keras_hub.models.BertTextClassifierPreprocessor.from_preset(preset, sequence_length=128)
        model = keras_hub.models.BertTextClassifier.from_preset(preset, num_classes=2, preprocessor=preprocessor)
        model.export(f"{aside}/hub", verbose=False)
        describe("keras_hub, its own export", f"{aside}/hub")

        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint(
            "serving_default",
            lambda text: {"logits": model(preprocessor(text), training=False)},
            [tf.TensorSpec([None], tf.string, name="text")],
        )
        archive.expand_characters(f"{aside}/wrapped", verbose=False)
        describe("keras_hub, preprocessor wrapped in by hand", f"{aside}/wrapped")


if __name__ == "__main__":
    main()
