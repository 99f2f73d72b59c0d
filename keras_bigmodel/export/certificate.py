"""What stands beside an export and says that it agrees; and the texts it is asked about. Knows no format."""

import json
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.bundled_texts import parity_texts as bundled_parity_texts

PARITY_FILE = "parity.json"
REPORT_IT = "please report this with the text."


def certify(certificate, folder, advice=REPORT_IT):
    """Writes a certificate into a folder and gives it back, or refuses what does not agree.

    Args:
        certificate: dict with `agrees` and `reasons`.
        folder: path.
        advice: str. What to do where it does not agree.

    Raises:
        UserError: it does not agree; the sentence says what differs.
    """
    if not certificate["agrees"]:
        reasons = "; ".join(certificate["reasons"])
        raise UserError(f"The export does not agree with the model: {reasons}. Nothing was written; {advice}")
    text = json.dumps(certificate, indent=2, ensure_ascii=False)
    (Path(folder) / PARITY_FILE).write_text(text + "\n", encoding="utf-8")
    return certificate


def columns_to_compare(exportable, texts):
    """Gives texts as one list an input: those that were given, and the bundled ones.

    Args:
        exportable: has `pairs`.
        texts: checked texts, with `pairs` a tuple of two lists; or None.

    Returns:
        dict of input name → list of str.
    """
    given = texts if texts is not None else ([], []) if exportable.pairs else []
    bundled = bundled_parity_texts()
    if not exportable.pairs:
        return {"text": [*given, *bundled]}
    seconds = bundled[1:] + bundled[:1]  # each with its neighbour: as unlike as pairs can be
    return {"text": [*given[0], *bundled], "text_pair": [*given[1], *seconds]}
