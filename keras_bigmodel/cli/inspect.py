"""Defines the command `bigmodel inspect`: shows the contents of a model's folder. Loads no TensorFlow at all."""

from pathlib import Path
from typing import Annotated

import typer

from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.sentences import parity_words
from keras_bigmodel.core.standard_streams import print_json
from keras_bigmodel.core.versions import version_folder, version_numbers

NAME = "inspect"


def run(
    model: Annotated[str, typer.Argument(help="Folder of the model, or of one version.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
):
    """Show what a model is: versions, sizes, settings, measures, agreement of the export."""
    folder = version_folder(model)
    manifest = Manifest.read(folder)
    manifest.check(folder)
    sizes = {path.name: _bytes(path) for path in sorted(folder.iterdir())}
    versions = version_numbers(folder.resolve().parent)
    if as_json:
        described = {**vars(manifest), "folder": str(folder), "all_versions": versions, "bytes": sizes}
        print_json(described)
        return
    print(f"{manifest.name}, version {manifest.version} of {', '.join(map(str, versions))}: a {manifest.task}")
    if manifest.labels:
        shown = ", ".join(manifest.labels[:12]) + (", …" if len(manifest.labels) > 12 else "")
        print(f"labels      {len(manifest.labels)}: {shown}")
    if manifest.answers.get("reject_below") is not None:
        print(f"rejects     texts whose highest probability is below {manifest.answers['reject_below']:.6f}")
    print(f"encoder     {_encoder(manifest)}")
    print(f"takes       {_takes(manifest.preprocessor)}")
    for part, headline in manifest.headlines.items():
        print(f"{part:11} {headline}")
    print(f"agreement   SavedModel in a clean process, {parity_words(manifest.parity)}")
    if manifest.parent is not None:
        print(f"parent      version {manifest.parent}")
    for note in manifest.notes:
        print(f"note        {note}")
    print(f"made        {manifest.created}, with tensorflow {manifest.versions.get('tensorflow')}")
    print(f"folder      {folder}, {sum(sizes.values()) / 1e6:.1f} MB")
    for name, number in sizes.items():
        print(f"            {name:28} {number / 1e6:9.2f} MB")


def _bytes(path):
    files = [path] if path.is_file() else Path(path).rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())


def _encoder(manifest):
    size = manifest.sizes
    layers = [f"{size['num_layers']} layers, {size['hidden_dim']} wide"] if "num_layers" in size else []
    parts = [*layers, f"{size['parameters']:,} parameters"]
    return f"{manifest.settings.get('encoder')}: {', '.join(parts)}"


def _takes(preprocessor):
    words = [" and ".join(preprocessor["columns"])]
    if preprocessor.get("max_length"):
        words.append(f"up to {preprocessor['max_length']} tokens")
    tokenizer = preprocessor.get("tokenizer") or {}
    if "lowercase" in tokenizer:
        words.append(f"{tokenizer['mode']}, {'uncased' if tokenizer['lowercase'] else 'cased'}")
    return ", ".join(words)
