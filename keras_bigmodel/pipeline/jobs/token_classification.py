"""Defines token classification: finding spans, such as names, in texts. Knows spans and their measures; no run."""

from dataclasses import replace

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data.class_labels import sorted_labels
from keras_bigmodel.evaluation import paired_spans, span_details, span_metrics
from keras_bigmodel.pipeline.jobs.class_weights import class_weights
from keras_bigmodel.pipeline.jobs.label_job import CHANGES, LabelJob, check_same_labels
from keras_bigmodel.pipeline.measure_lines import figures_in_short, named_figure_lines, span_lines
from keras_bigmodel.tables import TextTable
from keras_bigmodel.tasks import TokenClassifier
from keras_bigmodel.training import ReportPredicting

_FIGURES = {  # key in the dict → name on the screen
    "micro_f1": "span F1",
    "micro_precision": "span precision",
    "micro_recall": "span recall",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "place_f1": "F1 of places",
    "text_accuracy": "texts all right",
}
_IN_SHORT = ("micro_f1", "micro_precision", "micro_recall")
_MOST_LABELS = 200


class TokenClassificationJob(LabelJob):
    """Defines token classification: each row has spans with labels. See `Job` for the arguments of the methods."""

    name = "token_classification"
    task_class = TokenClassifier
    label_kind = "spans"
    optional_settings = ("stream", "class_weight", "overlap", "truncate")
    measures_exports = False

    def check_settings(self, settings):
        """Checks that the settings have no option that this kind of task does not take; see `Job.check_settings`."""
        super().check_settings(settings)
        for name, default in (("pair", None), ("pooling", None), ("mode", "exact"), ("l2", 0.0)):
            if getattr(settings, name) != default:
                came = f"--{name} {getattr(settings, name)}"
                raise UserError(f"{came} came, and the kind of task {self.name} takes none. Leave it out.")

    # ---- the tables

    def read(self, settings, reporter, folder):
        """Reads the tables; those to measure on know the spans of the training table. See `Job.read`."""
        tables, facts = super().read(settings, reporter, folder)
        train = tables["train"]
        if isinstance(train, TextTable):
            known = frozenset(_words_of(train))
            others = {name: replace(table, known_spans=known) for name, table in tables.items() if name != "train"}
            tables = {"train": train, **others}
        return tables, facts

    def counts_to_train(self, path, counts, rows, settings):
        """Returns the labels of spans to train on: all of them.

        Raises:
            UserError: no row has a span, or there are too many labels.
        """
        if not counts:
            raise UserError(
                f"No row of {path} has a span: all its tags are O. Give texts with spans, or check the tags' column "
                "(--label)."
            )
        if len(counts) > _MOST_LABELS:
            raise UserError(
                f"The spans of {path} have {len(counts)} different labels; wanted {_MOST_LABELS} or fewer, such as PER "
                "and LOC. Check the tags' column (--label)."
            )
        return dict(counts)

    def facts_of(self, tables, counts, settings):
        """Returns the labels, sorted: list of str.

        Raises:
            UserError: no training row has a label, because all its rows are held back.
        """
        labels, trained = sorted_labels(counts), tables["train"].label_counts
        missing = [label for label in labels if not trained.get(label)]
        if missing:
            raise UserError(
                f'No training row has a span of the label "{missing[0]}": all its rows are held back for validation. '
                "Add rows with it, or name a table with --validation."
            )
        return labels

    def data_report(self, task, tables, reporter):
        """Returns the description of the tables, with notes on spans that words do not fit; see `Job.data_report`."""
        report = super().data_report(task, tables, reporter)
        for name, table in tables.items():
            if hasattr(table, "inputs"):
                notes = task.preprocessor.span_notes(table.inputs, task.encode_targets(table.labels), name)
                report["notes"] += notes
                for note in notes:
                    reporter.say(note)
        return report

    # ---- the task

    def encoder_options(self, settings, dtype):
        """Returns the arguments of `from_encoder`: dict."""
        return {
            "dropout": settings.dropout,
            "max_length": settings.max_length,
            "overlap": False if settings.truncate else settings.overlap,
            "ops": settings.ops,
            "dtype": dtype,
        }

    def compile_options(self, settings):
        """Returns the arguments of `Task.compile` that only this kind of task has: none."""
        return {}

    def fit_options(self, settings, table):
        """Returns the weights of the labels: dict of arguments of `Task.fit`."""
        return {"class_weight": class_weights(settings.class_weight, table.label_counts)}

    def start_message(self, task, tables):
        """Returns the sentence that is shown when training starts: str."""
        train = tables["train"]
        spans = counted(sum(train.label_counts.values()), "span")
        return (
            f"Training on {counted(len(train), 'text')} with {spans} of {counted(len(task.labels), 'label')}, in "
            f"{task.export_dtype}."
        )

    # ---- the measures

    def targets_and_outputs(self, task, table, *, batch_size, reporter, title="measuring", model="This model"):
        """Returns the spans of a table's texts and the answers to them: list of tuples of tuples, list of `Tags`."""
        self.check_table(task, table, model=model)
        with reporter.bar(title, -(-len(table) // batch_size)) as advance:
            how = {"batch_size": batch_size, "callbacks": [ReportPredicting(advance)]}
            return table.labels, task.answers(table.inputs, **how)

    def slices_of(self, task, table):
        """Returns the slices by length, by script, and by whether training had the spans; see `TextJob.slices_of`."""
        slices = super().slices_of(task, table)
        if table.known_spans is not None:
            words = ([text[start:end].lower() for start, end, _ in spans] for text, spans in _rows(table))
            slices["spans in training"] = [_seen(row, table.known_spans) for row in words]
        return slices

    def figures(self, task, targets, outputs):
        """Returns `evaluation.span_metrics`: dict."""
        return span_metrics(targets, _triples(outputs), task.labels)

    def details(self, task, targets, outputs, texts, slices):
        """Returns `evaluation.span_details`: dict."""
        probabilities = [[span.probability for span in answer.spans] for answer in outputs]
        return span_details(targets, _triples(outputs), task.labels, probabilities, texts, slices=slices)

    def quality(self, task, targets, outputs):
        """Returns the F1 of spans; see `Job.quality`."""
        return "span F1", span_metrics(targets, _triples(outputs), task.labels, resamples=0)["micro_f1"]

    def manifest_metrics(self, metrics):
        """Returns the measures that the manifest holds: all but what a report alone shows."""
        return {name: value for name, value in super().manifest_metrics(metrics).items() if name != "matrix_labels"}

    def headline(self, metrics):
        """Returns F1, precision and recall of spans with their intervals in one line: str."""
        return figures_in_short(metrics, {name: _FIGURES[name] for name in _IN_SHORT})

    def lines(self, metrics):
        """Returns lines with all measures, one line per label, and what became of the spans: list of str."""
        return [*named_figure_lines(metrics, _FIGURES), *span_lines(metrics)]

    def compare(self, models, table, *, batch_size, reporter):
        """Compares two models with the same labels, in any order; see `pipeline.compare`.

        Raises:
            UserError: the labels differ, or the table does not fit a model.
        """
        answers, labels = [], None
        for folder, load in models:  # one model after the other: two encoders need not be in memory at once
            task = load()
            check_same_labels(labels, task.labels, folder)
            labels = labels or task.labels
            how = {"batch_size": batch_size, "reporter": reporter, "title": f"asking {folder}", "model": folder}
            answers.append(self.targets_and_outputs(task, table, **how)[1])
        compared = paired_spans(table.labels, *map(_triples, answers), labels)
        changed = [_change(table, row, answers[0][row], answers[1][row]) for row in compared.pop("changed_rows")]
        return {**compared, "changed": changed}


def _rows(table):
    return zip(table.texts, table.labels, strict=True)


def _words_of(table):
    return (text[start:end].lower() for text, spans in _rows(table) for start, end, _ in spans)


def _seen(words, known):
    if not words:
        return "no spans"
    return "all seen" if all(word in known for word in words) else "some new"


def _triples(answers):
    return [[(span.start, span.end, span.label) for span in answer.spans] for answer in answers]


def _change(table, row, first, second):
    due = set(table.labels[row])
    found = [set(spans) for spans in _triples([first, second])]
    text = table.inputs["text"][row]
    return {
        "text": text,
        "label": [f"{text[start:end]} ({label})" for start, end, label in table.labels[row]],
        "first": _shown(first),
        "second": _shown(second),
        "kind": CHANGES[found[0] == due, found[1] == due],
    }


def _shown(answer):
    return [f"{span.text} ({span.label})" for span in answer.spans]
