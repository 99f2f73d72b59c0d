"""Lists the ops that a stock TensorFlow Serving has besides TensorFlow's own. Data only, with its source."""

# tensorflow/serving links tensorflow-text's kernels: 2.14 to 2.19.1 those of tensorflow-text 2.12.1, 2.20 and later
# those of 2.20.0 (its WORKSPACE and tensorflow_serving/model_servers/BUILD at these tags). An op is listed here if the
# oldest of them has it: op → oldest TensorFlow Serving that was checked.
SAFE_TEXT_OPS = {
    "CaseFoldUTF8": "2.14",
    "FastBertNormalize": "2.14",
    "FastWordpieceDetokenize": "2.14",
    "FastWordpieceTokenizeWithOffsets": "2.14",
    "NormalizeUTF8": "2.14",
}

# Ops that only newer servers have, so that an error message can say so.
LATE_TEXT_OPS = {
    "TFText>RoundRobinGenerateMasks": "2.20",
    "TFText>RoundRobinTrim": "2.20",
    "TFText>Utf8Binarize": "2.20",
}


def refused_ops(foreign_ops):
    """Returns the ops that a stock TensorFlow Serving of 2.14 and later may not have.

    Args:
        foreign_ops: iterable of op names that are not TensorFlow's own.

    Returns:
        dict of op name → the reason in a few words, sorted by name.
    """
    return {
        name: f"only in TensorFlow Serving {LATE_TEXT_OPS[name]} and later"
        if name in LATE_TEXT_OPS
        else "unknown to it"
        for name in sorted(set(foreign_ops) - set(SAFE_TEXT_OPS))
    }
