"""Says what a report tells of each kind of task: measures, verdict, use, outputs. Knows the metrics' names only."""

from dataclasses import dataclass

from keras_bigmodel.reports.report_text import between, count, decimal, percent, things

_MEAN = "mean over the labels: a rare label counts as much as a frequent one"
# Metric → title, function that formats it, meaning.
_CLASSIFICATION = {
    "accuracy": ("Accuracy", percent, "share of the texts that were answered right"),
    "macro_f1": ("Macro F1", percent, "mean over the classes: a small class counts as much as a large one"),
    "weighted_f1": ("Weighted F1", percent, "mean over the classes, each by its number of texts"),
    "macro_precision": ("Macro precision", percent, "of the texts given to a class, the share that belongs there"),
    "macro_recall": ("Macro recall", percent, "of the texts of a class, the share that was found"),
    "weighted_precision": ("Weighted precision", percent, "as above, each class by its number of texts"),
    "weighted_recall": ("Weighted recall", percent, "as above, each class by its number of texts"),
    "roc_auc": ("Area under ROC", decimal, "how surely a class's texts are ranked above the others; chance is 0.5"),
    "log_loss": ("Log loss", decimal, "how far the probabilities are off; 0 is perfect"),
    "expected_calibration_error": ("Calibration error", percent, "how far sureness and share of right answers differ"),
}
_MULTI_LABEL = {
    "micro_f1": ("Micro F1", percent, "of all labels given and all labels due, twice the share that is both"),
    "macro_f1": ("Macro F1", percent, _MEAN),
    "weighted_f1": ("Weighted F1", percent, "mean over the labels, each by its number of texts"),
    "micro_precision": ("Micro precision", percent, "of the labels given, the share that is right"),
    "micro_recall": ("Micro recall", percent, "of the labels due, the share that was given"),
    "macro_precision": ("Macro precision", percent, _MEAN),
    "macro_recall": ("Macro recall", percent, _MEAN),
    "subset_accuracy": ("Subset accuracy", percent, "share of the texts that got all their labels and no other"),
    "hamming_loss": ("Hamming loss", percent, "share of wrong decisions, one for each text and label"),
    "average_precision": ("Average precision", decimal, "area under precision and recall, whatever the threshold"),
    "roc_auc": ("Area under ROC", decimal, "how surely a label's texts are ranked above the others; chance is 0.5"),
    "log_loss": ("Log loss", decimal, "how far the probabilities are off, mean over the labels; 0 is perfect"),
}
_REGRESSION = {
    "spearman": ("Spearman", decimal, "correlation of the ranks: are texts in the right order?"),
    "pearson": ("Pearson", decimal, "correlation of the numbers: do they lie on a line?"),
    "rmse": ("Root mean squared error", decimal, "in the units of the numbers; large errors count more"),
    "mean_absolute_error": ("Mean absolute error", decimal, "how far a prediction is off on average"),
    "mean_squared_error": ("Mean squared error", decimal, "the square of the first"),
    "r2": ("R²", decimal, "share of the numbers' variance that is explained; always the mean would have 0"),
}
_SPANS = {
    "micro_f1": ("Span F1", percent, "of all spans found and all spans due, twice the share that is both"),
    "micro_precision": ("Span precision", percent, "of the spans found, the share that is right"),
    "micro_recall": ("Span recall", percent, "of the spans due, the share that was found"),
    "macro_f1": ("Macro F1", percent, _MEAN),
    "macro_precision": ("Macro precision", percent, _MEAN),
    "macro_recall": ("Macro recall", percent, _MEAN),
    "weighted_f1": ("Weighted F1", percent, "mean over the labels, each by its number of spans"),
    "place_f1": ("F1 of places", percent, "span F1 of starts and ends alone, whatever the label"),
    "text_accuracy": ("Texts all right", percent, "share of the texts all of whose spans are right, and no other"),
}


@dataclass(frozen=True)
class ReportKind:
    """Holds what the page and the card say of one kind of task.

    Args:
        name: str. Name of the kind of task.
        measures: dict of metric → `(title, function that formats it, meaning)`.
        tiles: tuple of str. The metrics at the top of the page.
        main: str. The metric of the verdict.
        task: str. Class of its models.
        method: str. Method of a model that answers texts.
        outputs: str. What TensorFlow Serving answers with, in Markdown.
        card_metrics: tuple of `(metric, type in a model card's header, title)`.
        chapter: str. The page's chapter on each label. Defaults to `"classes"`.
        counted: str. What is counted of each label. Defaults to `"texts"`.
        pipeline: str. The pipeline's tag in a model card's header. Defaults to `"text-classification"`.
    """

    name: str
    measures: dict
    tiles: tuple
    main: str
    task: str
    method: str
    outputs: str
    card_metrics: tuple
    chapter: str = "classes"
    counted: str = "texts"
    pipeline: str = "text-classification"

    def verdict(self, metrics, part):
        """Returns the main figure of a part, and the rest of the sentence on it: `(str, str)`.

        Args:
            metrics: dict of the part.
            part: str. Name of the part.
        """
        texts, one = things(metrics.get("texts"), f"{part} text"), metrics.get("texts") == 1
        figure = self.measures[self.main][1](metrics.get(self.main))
        rest = {
            "classification": f"of {texts} {'is' if one else 'are'} answered right",
            "multi_label": f"micro F1 on {texts}; {percent(metrics.get('subset_accuracy'))} got all their labels and "
            "no other",
            "token_classification": f"span F1 on {texts} with {things(metrics.get('spans'), 'span')}; "
            f"{percent(metrics.get('micro_precision'))} of the spans found are right, and "
            f"{percent(metrics.get('micro_recall'))} of those due are found",
            "regression": f"is the rank correlation (Spearman) of predictions and targets on {texts}; predictions are "
            f"off by {decimal(metrics.get('mean_absolute_error'))} on average",
        }[self.name]
        interval = (metrics.get("intervals") or {}).get(self.main)
        level = percent((metrics.get("bootstrap") or {}).get("level"), 0)
        if interval:
            rest += f"; {level} interval {between(interval, self.measures[self.main][1])}"
        return figure, f"{rest}."

    def baseline(self, metrics):
        """Returns a sentence on what a model without any text would reach: str, empty for classification.

        Args:
            metrics: dict of the main part.
        """
        if self.name == "multi_label":
            given, due = decimal(metrics.get("mean_predicted"), 2), decimal(metrics.get("mean_labels"), 2)
            return f"A text has {due} labels on average, and gets {given}."
        if self.name == "regression" and metrics.get("target_deviation") is not None:
            mean, deviation = decimal(metrics["target_mean"]), decimal(metrics["target_deviation"])
            return (
                f"Always answering the mean, {mean}, would have a root mean squared error of {deviation}; the model "
                f"has {decimal(metrics.get('rmse'))}."
            )
        return ""

    def use(self, model, metrics):
        """Returns the sentence on the use of a model: str.

        Args:
            model: dict that describes the model.
            metrics: dict of the main part.
        """
        labels = model.get("labels") or metrics.get("labels") or []
        texts = "pairs of texts" if len(model.get("columns") or ()) > 1 else "texts"
        if self.name == "classification":
            classes = things(len(labels), "class", "classes") if labels else "its classes"
            return f"Sorting {texts} of the kind in its training table into {classes}."
        if self.name == "token_classification":
            named = f", labelled {', '.join(map(str, labels[:10]))}{' …' if len(labels) > 10 else ''}" if labels else ""
            return (
                f"Finding spans in texts of the kind in its training table{named}. Starts and ends are characters of "
                "the text as typed."
            )
        if self.name == "multi_label":
            return (
                f"Giving {texts} of the kind in its training table their labels, none, one or several of "
                f"{count(len(labels)) if labels else 'its labels'}. Each label has a threshold of its own, which is "
                "part of the model."
            )
        low, high = metrics.get("target_range") or (None, None)
        scale = f" Its targets were from {decimal(low)} to {decimal(high)}." if low is not None else ""
        return f"Giving {texts} of the kind in its training table a number.{scale}"


CLASSIFICATION = ReportKind(
    "classification",
    _CLASSIFICATION,
    ("accuracy", "macro_f1", "expected_calibration_error"),
    "accuracy",
    "TextClassifier",
    "classify",
    "`label`, `probabilities` and their `labels`",
    (("accuracy", "accuracy", "Accuracy"), ("macro_f1", "f1", "Macro F1")),
)
MULTI_LABEL = ReportKind(
    "multi_label",
    _MULTI_LABEL,
    ("micro_f1", "macro_f1", "subset_accuracy"),
    "micro_f1",
    "MultiLabelClassifier",
    "answers",
    "`predicted` (true for the labels of the text), `probabilities` and their `labels`",
    (
        ("micro_f1", "f1", "Micro F1"),
        ("macro_f1", "f1", "Macro F1"),
        ("subset_accuracy", "accuracy", "Subset accuracy"),
    ),
    chapter="labels",
)
TOKEN_CLASSIFICATION = ReportKind(
    "token_classification",
    _SPANS,
    ("micro_f1", "micro_precision", "micro_recall"),
    "micro_f1",
    "TokenClassifier",
    "tag",
    "`counts` of the spans of each text, their `starts`, `ends`, `labels` and `probabilities`",
    (
        ("micro_f1", "f1", "Span F1"),
        ("micro_precision", "precision", "Span precision"),
        ("micro_recall", "recall", "Span recall"),
    ),
    chapter="spans",
    counted="spans",
    pipeline="token-classification",
)
REGRESSION = ReportKind(
    "regression",
    _REGRESSION,
    ("spearman", "pearson", "rmse"),
    "spearman",
    "TextRegressor",
    "answers",
    "`score`",
    (("spearman", "spearmanr", "Spearman"), ("pearson", "pearsonr", "Pearson"), ("rmse", "rmse", "RMSE")),
)


def kind_of(metrics):
    """Returns the kind of task whose metrics these are: `ReportKind`; that of classification for an empty dict.

    Args:
        metrics: dict, as from `Job.measure`.
    """
    if "text_accuracy" in metrics:
        return TOKEN_CLASSIFICATION
    if "subset_accuracy" in metrics:
        return MULTI_LABEL
    return REGRESSION if "spearman" in metrics else CLASSIFICATION
