"""Two models asked the same texts. Knows tasks, version folders and the comparison of arrays; no command line."""

from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import version_folder
from keras_bigmodel.evaluation import paired_comparison
from keras_bigmodel.pipeline.measurement import ask, check_pairs
from keras_bigmodel.pipeline.version_contents import is_saved_task, load_task

_KINDS = {(False, True): "fixed", (True, False): "broken", (False, False): "both wrong"}


def compare(first, second, table, *, batch_size=64, reporter=SILENT):
    """Answers a table's texts with two models and compares them, the second with the first.

    Args:
        first: path of a model: a version folder, a folder of versions (the highest counts), or a saved task.
        second: path of the other model. Its labels may stand in another order.
        table: `TextTable` with labels.
        batch_size: int. Rows in a batch.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict: see `evaluation.paired_comparison`, without `changed_rows`; `first` and `second` have `folder`, `name`
        and `version` (None for a saved task) besides; `changed`: a dict for each text that the two answer differently,
        in the table's order: `text`, `text_pair` (pairs only), `label`, `first`, `second` (the answers),
        `first_probability`, `second_probability` (of these), `kind`: `"fixed"`, `"broken"` or `"both wrong"`.

    Raises:
        UserError: as `load_task`; the models' labels differ; the table has a label that they do not know, or pairs do
            not fit a model.
    """
    models = (_described(first), _described(second))
    # One after the other: two encoders need not be in memory together.
    labels, targets, first_answers = _answers(models[0], table, batch_size, reporter)
    other_labels, _, second_answers = _answers(models[1], table, batch_size, reporter, wanted=labels)
    second_answers = second_answers[:, [other_labels.index(label) for label in labels]]
    compared = paired_comparison(targets, first_answers, second_answers, labels)
    changed = compared.pop("changed_rows")
    for name, model in zip(("first", "second"), models, strict=True):
        compared[name] = {**model, **compared[name]}
    answers = {"first": first_answers, "second": second_answers}
    return {**compared, "changed": [_change(table, row, targets[row], labels, answers) for row in changed]}


def _described(path):
    if is_saved_task(path):
        return {"folder": str(path), "name": Path(path).resolve().name, "version": None}
    folder = version_folder(path)
    manifest = Manifest.read(folder)
    return {"folder": str(folder), "name": manifest.name, "version": manifest.version}


def _answers(model, table, batch_size, reporter, wanted=None):
    """Gives a model's labels, the table's label numbers, and the probabilities `(texts, labels)`."""
    task = load_task(model["folder"]).with_dtype("float32")  # what an export computes in: compared is what is shipped
    if wanted is not None:
        _check_labels(wanted, task.labels, model["folder"])
    check_pairs(task, table, model["folder"])
    targets = task.encode_targets(table.labels)
    title = f"asking {model['folder']}"
    return task.labels, targets, ask(task, table, batch_size=batch_size, reporter=reporter, title=title)


def _check_labels(wanted, labels, folder):
    lacking = [label for label in wanted if label not in labels]
    more = [label for label in labels if label not in wanted]
    if lacking or more:
        parts = [f"{folder} lacks {_listed(lacking)}"] * bool(lacking)
        parts += [f"the first model lacks {_listed(more)}, which {folder} has"] * bool(more)
        raise UserError(f"The two models have different labels: {'; '.join(parts)}. Compare models of the same labels.")


def _listed(labels):
    return ", ".join(f'"{label}"' for label in labels[:10]) + (f" and {len(labels) - 10} more" if labels[10:] else "")


def _change(table, row, target, labels, answers):
    numbers = {name: int(of[row].argmax()) for name, of in answers.items()}
    return {
        "text": table.texts[row],
        **({} if table.seconds is None else {"text_pair": table.seconds[row]}),
        "label": labels[target],
        **{name: labels[number] for name, number in numbers.items()},
        **{f"{name}_probability": float(answers[name][row, number]) for name, number in numbers.items()},
        "kind": _KINDS[tuple(number == target for number in numbers.values())],
    }
