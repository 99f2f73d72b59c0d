"""What stands beside an export and says that it agrees. Knows no format."""

import json
from pathlib import Path

from keras_bigmodel.core.errors import UserError

PARITY_FILE = "parity.json"
REPORT_IT = "please report this with the text."


def certify(certificate, folder, advice=REPORT_IT):
    """Writes a certificate into a folder and returns it, or refuses what does not agree.

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
