"""Lists the ops that a stock TensorFlow Serving has, by its version. Data only, with its sources."""

# The oldest TensorFlow Serving that an export must run in. It links TensorFlow 2.14 and tensorflow-text 2.12.1.
OLDEST_SERVING = "2.14"

# tensorflow/serving links tensorflow-text's library ops_lib: 2.14 to 2.19.1 that of tensorflow-text 2.12.1, 2.20 and
# later that of 2.20.0 (its workspace.bzl and tensorflow_serving/model_servers/BUILD at these tags, and
# tensorflow_text/BUILD at v2.12.1 and v2.20.0). The ops of a model that are not TensorFlow's own must be among these:
# op → oldest TensorFlow Serving that has it.
_OPS_OF_2_12 = """
    CaseFoldUTF8 ConstrainedSequence FastBertNormalize FastWordpieceTokenizeWithOffsets FindSourceOffsets
    MaxSpanningTree NormalizeUTF8 NormalizeUTF8WithOffsetsMap PhraseTokenize RegexSplitWithOffsets RougeL
    SentenceFragments SentenceFragmentsV2 SentencepieceDetokenizeOp SentencepieceIdToStringOp SentencepieceOp
    SentencepieceStringToIdOp SentencepieceTokenizeOp SentencepieceTokenizeWithOffsetsOp SentencepieceVocabSizeOp
    SplitMergeTokenizeWithOffsets TFText>BoiseTagsToOffsets TFText>ByteSplitByOffsets TFText>ByteSplitWithOffsets
    TFText>FastSentencepieceDetokenize TFText>FastSentencepieceTokenize TFText>FastWordpieceDetokenize
    TFText>NgramsStringJoin TFText>OffsetsToBoiseTags TFText>PhraseDetokenize TFText>WhitespaceTokenizeWithOffsetsV2
    TokenizerFromLogits UnicodeScriptTokenizeWithOffsets WhitespaceTokenizeWithOffsets WordpieceTokenizeWithOffsets
"""
# The servers also link the ops for inference of tensorflow-decision-forests (the same BUILD, 2.14.0 to 2.20.0).
_FOREST_OPS = """
    SimpleMLCreateModelResource SimpleMLInferenceLeafIndexOpWithHandle SimpleMLInferenceOp SimpleMLInferenceOpWithHandle
    SimpleMLLoadModelFromPath SimpleMLLoadModelFromPathWithHandle
"""
LINKED_OPS = {
    **dict.fromkeys(_FOREST_OPS.split(), "2.14"),
    **dict.fromkeys(_OPS_OF_2_12.split(), "2.14"),
    **dict.fromkeys(("TFText>RoundRobinGenerateMasks", "TFText>RoundRobinTrim", "TFText>Utf8Binarize"), "2.20"),
}

# TensorFlow's own ops that TensorFlow 2.14 has not: op → oldest TensorFlow Serving that has it. From the op registries
# of TensorFlow 2.12.1 and 2.21.0, and from the generated wrappers (tensorflow/python/ops/gen_*.py) in the wheels of
# tensorflow-cpu 2.14.1, 2.15.1, 2.16.2, 2.17.1, 2.18.1, 2.19.1 and 2.20.0; without the ops of TPUs.
LATE_CORE_OPS = {
    "FFTND": "2.15",
    "IFFTND": "2.15",
    "IRFFTND": "2.15",
    "RFFTND": "2.15",
    "DatasetFingerprint": "2.16",
    "GlobalIterId": "2.16",
    "ListSnapshotChunksDataset": "2.16",
    "GlobalShuffleDataset": "2.17",
    "IndexFlatMapDataset": "2.17",
    "IteratorGetModelProto": "2.17",
    "WeightedFlatMapDataset": "2.17",
    "CheckPinned": "2.18",
    "DecodeWebP": "2.20",
    "DecodeJxl": "2.21",
}


# The released versions of TensorFlow Serving whose ops are known here, oldest first.
SERVERS = ("2.14", "2.15", "2.16", "2.17", "2.18", "2.19", "2.20")


def refused_ops(ops, foreign_ops):
    """Returns the ops that a stock TensorFlow Serving of 2.14 and later may not have.

    Args:
        ops: iterable of the names of all ops of a graph.
        foreign_ops: those of them that are not TensorFlow's own.

    Returns:
        dict of op name → the reason in a few words, sorted by name.
    """
    return {
        name: "unknown to it" if version is None else f"only in TensorFlow Serving {version} and later"
        for name, version in lacking_ops(ops, foreign_ops, OLDEST_SERVING).items()
    }


def lacking_ops(ops, foreign_ops, server):
    """Returns the ops that a stock TensorFlow Serving of a version lacks.

    Args:
        ops: as in `refused_ops`.
        foreign_ops: as in `refused_ops`.
        server: str. One of `SERVERS`.

    Returns:
        dict of op name → the oldest version that has it, None if no known version has it; sorted by name.
    """
    return {
        name: version
        for name, version in _oldest(ops, foreign_ops).items()
        if version is None or _as_numbers(version) > _as_numbers(server)
    }


def oldest_serving(ops, foreign_ops):
    """Returns the oldest checked TensorFlow Serving that has all ops of a graph: str, or None if none has them.

    Args:
        ops: as in `refused_ops`.
        foreign_ops: as in `refused_ops`.
    """
    versions = set(_oldest(ops, foreign_ops).values())
    return None if None in versions else max(versions, default=OLDEST_SERVING, key=_as_numbers)


def _oldest(ops, foreign_ops):
    """Returns dict of op → the oldest checked TensorFlow Serving that has it, or None if none has it."""
    foreign = set(foreign_ops)
    return {
        name: LINKED_OPS.get(name) if name in foreign else LATE_CORE_OPS.get(name, OLDEST_SERVING)
        for name in sorted({*ops, *foreign})
    }


def _as_numbers(version):
    return [int(part) for part in version.split(".")]
