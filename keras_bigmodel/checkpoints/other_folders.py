"""Recognizes folders that are not a Hugging Face BERT, and says what to do. Knows the files of other formats."""

from keras_bigmodel.core.errors import UserError

_WANTED = "config.json, model.safetensors, and vocab.txt or tokenizer.json, as Hugging Face writes them"


def check_has_config(folder):
    """Raises `UserError` for a folder without `config.json`; the message depends on what the folder contains.

    Args:
        folder: `Path` of the folder.

    Raises:
        UserError: always.
    """
    if not folder.is_dir():
        raise UserError(f"No folder {folder}. Give a folder that holds config.json and model.safetensors.")
    names = sorted(entry.name for entry in folder.iterdir())
    if "config.json" in names:
        raise UserError(
            f"config.json in {folder} is a folder, or a link to nothing: the file itself was not copied. Copy it from "
            "the model, links followed (cp -L)."
        )
    snapshots = sorted(entry for entry in (folder / "snapshots").glob("*") if (entry / "config.json").is_file())
    if snapshots:
        main = folder / "refs" / "main"
        wanted = folder / "snapshots" / main.read_text(encoding="utf-8").strip() if main.is_file() else snapshots[-1]
        raise UserError(f"{folder} is the cache of a hub's model; the model itself is {wanted}. Give that folder.")
    if (
        "manifest.json" in names
        or "task.json" in names
        or any((folder / name / "task.json").is_file() for name in names)
    ):
        raise UserError(
            f"{folder} holds a model of keras_bigmodel, not an encoder. Go on from it with TextClassifier.load(...), "
            "or on the command line with --continue."
        )
    if "bert_config.json" in names or any(name.endswith(".ckpt.index") for name in names):
        raise UserError(
            f"{folder} holds a TensorFlow 1 checkpoint ({_listed(names)}), which is not read. Convert it once, with "
            "transformers 4 and PyTorch: transformers-cli convert --model_type bert --tf_checkpoint bert_model.ckpt "
            "--config bert_config.json --pytorch_dump_output pytorch_model.bin; then load and save it with "
            "save_pretrained(..., safe_serialization=True)."
        )
    if "adapter_config.json" in names:
        raise UserError(
            f"{folder} holds an adapter alone ({_listed(names)}). Merge it into its model with peft: "
            'model.merge_and_unload().save_pretrained("merged"), and give that folder.'
        )
    module = folder / "encoder"
    if (module / "saved_model.pb").is_file():
        raise UserError(f"{folder} holds a TF-Hub module in its folder encoder. Give {module}.")
    raise UserError(f"{folder} is no BERT folder: it holds {_listed(names)}. Wanted are {_WANTED}.")


def check_config_kind(folder, values):
    """Raises `UserError` if a folder's `config.json` belongs to another library.

    Args:
        folder: `Path` of the folder.
        values: dict. The contents of `config.json`.

    Raises:
        UserError: the folder is a KerasHub preset.
    """
    if "registered_name" in values or (folder / "model.weights.h5").is_file():
        raise UserError(
            f"{folder} is a preset of KerasHub, which is not read. Give the Hugging Face folder of the same model, or "
            "save it as one in KerasHub."
        )


def check_has_weights(folder):
    """Raises `UserError` for a folder without `model.safetensors`; the message depends on the weights it contains.

    Args:
        folder: `Path` of the folder.

    Raises:
        UserError: always.
    """
    if (folder / "model.safetensors.index.json").is_file():
        raise UserError(
            f"{folder} has its weights in several files, which is not read. Save the model again in one: "
            'save_pretrained(..., max_shard_size="100GB").'
        )
    pickles = sorted(entry.name for entry in folder.glob("*.bin"))
    if pickles:
        raise UserError(
            f"{folder} has {pickles[0]} but no model.safetensors. Pickled weights are not read, because reading "
            "them can run code; save the model again with save_pretrained(..., safe_serialization=True)."
        )
    for name, option in (("tf_model.h5", "from_tf"), ("flax_model.msgpack", "from_flax")):
        if (folder / name).is_file():
            raise UserError(
                f"{folder} has {name} but no model.safetensors. Convert it with transformers 4: "
                f'AutoModel.from_pretrained("{folder}", {option}=True).save_pretrained("new").'
            )
    raise UserError(f"{folder} has no model.safetensors. Copy it from the model.")


def _listed(names):
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "") if names else "nothing"
