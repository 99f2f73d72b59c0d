"""Measures as text. Knows the dict that `evaluation` gives."""


def metric_lines(metrics):
    """Gives one line: the figures over all classes."""
    return (
        f"{metrics['texts']} texts, accuracy {metrics['accuracy']:.4f}, macro F1 {metrics['macro_f1']:.4f}, "
        f"log loss {metrics['log_loss']:.4f}"
    )


def class_lines(metrics):
    """Gives a line a class: precision, recall, F1, texts."""
    width = max(map(len, metrics["per_class"]))
    yield f"{'label':{width}}  precision  recall      f1  texts"
    for label, row in metrics["per_class"].items():
        yield f"{label:{width}}  {row['precision']:9.4f}  {row['recall']:6.4f}  {row['f1']:6.4f}  {row['texts']:5d}"
