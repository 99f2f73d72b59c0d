"""Runs as a report gets them: measured by the package's own functions on answers that are drawn."""

import itertools

import numpy as np

from keras_bigmodel.evaluation import answer_details, classification_metrics, length_slices

_FIRST = ("card", "transfer", "top_up", "refund", "account", "exchange_rate", "cash_withdrawal")
_SECOND = (
    "not_received_by_recipient",
    "declined",
    "charged_twice",
    "pending_for_too_long",
    "limits",
    "fee_on_statement",
    "wrong_amount",
    "cancelled_by_mistake",
    "about_to_expire",
    "not_recognised",
    "how_to_change",
)
LABELS = {
    "two": ["bad", "good"],
    "many": [f"{first}_{second}" for first, second in itertools.product(_FIRST, _SECOND)],
    "chinese": ["财经", "房产", "股票", "教育", "科技", "社会", "时政", "体育", "游戏", "娱乐"],
}
_TEXTS = {
    "two": "the food was {} and the waiter {}",
    "many": "my {} did not work since {}, what can I do?",
    "chinese": "今天的新闻：{}，记者{}报道。",
}
_WORDS = {
    "two": ["cold", "lovely", "late", "kind", "salty", "fresh"],
    "many": ["card", "transfer", "yesterday", "monday", "payment", "phone"],
    "chinese": ["球队赢了", "股价上涨", "新手机发布", "考试开始", "房价下跌", "电影上映"],
}
HOSTILE = [
    "</script><script>document.title = 'taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "$x^2$ and $\\frac{1}{0}",
    "evil\u202etxt.exe",
    "nul\x00bell\x07escape\x1b[31m",
    "x" * 10_000,
    "z̷̡̢̛͚̈́̀̽̓" * 20,
    "\ud800 alone",
    "Z0Z",
    '#0b62a8 url(#clip) id="x"',
    "{{ 7 * 7 }} {% raw %}",
    "| a | b |\n\n# heading ``` code",
    "&lt;b&gt; & 'quotes' \"double\"",
    " ",
    "العربية עברית",
    "👩‍👩‍👧‍👦 family 🇨🇳",
    "\ufffe\uffff\ufeff",
]


def run_of(kind, **kwargs):
    """Gives a whole run of one of three kinds: `two`, `many` (77 long names), `chinese`."""
    random = np.random.default_rng(7)
    texts = [
        _TEXTS[kind].format(*random.choice(_WORDS[kind], 2)) + " ".join(["…"] * random.integers(0, 30))
        for _ in range(400)
    ]
    return make_run(LABELS[kind], texts, **kwargs)


def make_run(labels, texts, *, sharpness=4.0, seed=0, name="reviews"):
    """Gives a whole run on these labels and texts."""
    random = np.random.default_rng(seed)
    return {
        "model": _model(labels, name),
        "data": _data(labels, texts, random),
        "history": {
            "epoch": [1, 2, 3],
            "accuracy": [0.71, 0.86, 0.93],
            "loss": [0.9, 0.42, 0.2],
            "val_accuracy": [0.78, 0.85, 0.86],
            "val_loss": [0.7, 0.45, 0.44],
            "learning_rate": [1e-4, 6e-5, 2e-5],
        },
        "notes": ["Stopped after epoch 3: as many were wanted."],
        "measured": {part: measured(labels, texts, random, sharpness) for part in ("validation", "test")},
        "parity": {
            "agrees": True,
            "rows": 3210,
            "endpoints": {
                "tokenize": {"rows": 3210, "outputs": {"token_ids": {"rule": "equal", "rows_that_differ": 0}}},
                "tokens": {
                    "rows": 3210,
                    "outputs": {"logits": {"rule": "close", "rows_that_differ": 0, "largest_difference": 3.3e-6}},
                },
            },
            "dtype": "float32",
        },
    }


def measured(labels, texts, random, sharpness):
    """Measures answers that lean towards the targets."""
    targets = random.integers(0, len(labels), len(texts))
    scores = random.standard_normal((len(texts), len(labels))) + sharpness * np.eye(len(labels))[targets]
    powers = np.exp(scores)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    lengths = random.integers(3, 129, len(texts))
    slices = {"length": length_slices(lengths, 128), "class": [labels[target] for target in targets]}
    return {
        "metrics": classification_metrics(targets, probabilities, labels, resamples=20),
        "details": answer_details(targets, probabilities, labels, texts, slices=slices),
        "seconds": 3.1,
    }


def _model(labels, name):
    return {
        "name": name,
        "version": 3,
        "parent": 2,
        "task": "TextClassifier",
        "labels": labels,
        "encoder": "minilm",
        "parameters": 22_742_861,
        "max_length": 128,
        "tokenizer": {"mode": "exact", "lower_case": True, "vocabulary_size": 30522},
        "dtype": "float32",
        "created": "2025-11-03T10:12:44Z",
        "settings": {"table": "reviews.csv", "epochs": 3, "learning_rate": 1e-4, "pair": None, "seed": 0},
        "versions": {"keras_bigmodel": "0.2.0", "keras": "3.15.1", "tensorflow": "2.21.0"},
    }


def _data(labels, texts, random):
    tables = {part: _table(labels, texts, random, part) for part in ("train", "validation", "test")}
    leaks = [{"from": "train", "into": "test", "exact_rows": 4, "near_rows": 2, "first": texts[:2]}]
    notes = ["40 rows were held back for validation."]
    return {"max_length": 128, "tables": tables, "leaks": leaks, "notes": notes}


def _table(labels, texts, random, part):
    lengths = np.clip(random.gamma(3, 12, 400).astype(int), 2, None)
    counts, edges = np.histogram(lengths, bins=30)
    quantiles = {f"{share}%": int(np.percentile(lengths, share)) for share in (5, 25, 50, 75, 95, 99)}
    longer = int((lengths > 128).sum())
    return {
        "path": f"{part}.csv",
        "sha256": "0123456789abcdef" * 4,
        "rows": 400,
        "dropped": {"no text": 3, "no label": 1},
        "cut": 0,
        "columns": {"text": "text", "label": "label"},
        "notes": [],
        "classes": {label: 5 + int(random.integers(0, 20)) for label in labels},
        "lengths": {
            "min": int(lengths.min()),
            **quantiles,
            "max": int(lengths.max()),
            "mean": float(lengths.mean()),
            "truncated_rows": longer,
            "truncated_share": longer / 400,
            "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        },
        "scripts": {"Latin": 390, "Han": 10},
        "duplicates": {
            "exact_rows": 2,
            "near_rows": 1,
            "near_checked_rows": 400,
            "first": [{"text": texts[0], "rows": [2, 9, 11]}],
        },
        "conflicts": {"texts": 1, "rows": 2, "first": [{"text": texts[1], "labels": {labels[0]: 1, labels[1]: 1}}]},
    }
