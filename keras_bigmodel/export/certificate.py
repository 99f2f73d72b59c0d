"""What stands beside an export and says that it agrees; and the texts it is asked about. Knows no format."""

import json
from pathlib import Path

from keras_bigmodel.core.errors import UserError

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


def columns_to_compare(exportable, columns):
    """Returns rows to compare on, as one list an input: those that were given, and the preprocessor's samples.

    Args:
        exportable: has a `preprocessor` with `samples()`.
        columns: dict of column → list, checked; or None.

    Returns:
        dict of column → list.
    """
    samples = exportable.preprocessor.samples()
    return {name: [*(columns[name] if columns else ()), *sample] for name, sample in samples.items()}
