"""The in-graph tokenizer: equal to Hugging Face, packed alike, and made of ops that a stock server has."""

import functools
import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.lite.python.interpreter import InterpreterWithCustomOps
from tensorflow_text import tflite_registrar

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, WordPieceTokenizer

SETTINGS = {
    "uncased": {},
    "cased": {"lowercase": False},
    "accents kept": {"strip_accents": False},
    "cased without accents": {"lowercase": False, "strip_accents": True},
    "chinese whole": {"split_chinese": False},
}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
REVEALED = [
    *range(0x21, 0x250),
    *range(0x300, 0x530),
    *range(0x5D0, 0x5F5),
    *range(0x620, 0x660),
    *range(0x905, 0x950),
    *range(0x1100, 0x1200),
    *range(0x1E00, 0x2070),
    *range(0x20A0, 0x20C0),
    *range(0x2150, 0x2190),
    *range(0x3000, 0x3100),
    *range(0x4E00, 0x4E40),
    *range(0xFF01, 0xFF60),
    *range(0x1F600, 0x1F650),
]
PIECES = [
    "good",
    "##ness",
    "the",
    "un",
    "##able",
    "σ",
    "##σα",
    "он",
    "##и",
    "über",
    "uber",
    "##ung",
    "中国",
    "##\u0301",
]
ODD = " \t\n\r\u00a0\u3000\u2028\x00\x0b\x85\u200b\u00ad\ufeff\ufffd\ue000한국글각"
WORDS = ["good", "GOODNESS", "unable", "ΣΑΣ", "ΟΔΟΣ", "Ängste", "İstanbul", "中国", "한글", "naïve", "a\u0301b", "ß"]
LETTERS = st.sampled_from([*map(chr, REVEALED), *ODD])
TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(LETTERS, max_size=60),
    st.lists(st.sampled_from(WORDS)).map(" ".join),
    # Around the limit of a hundred characters, with letters of one to four bytes.
    st.tuples(st.sampled_from("aяかあ😀한中é"), st.integers(95, 105)).map(lambda pair: pair[0] * pair[1] + " a"),
)
# Everything that a stock TF Serving from 2.14 on can run and that this graph is allowed to hold.
TEXT_OPS = {"FastBertNormalize", "FastWordpieceTokenizeWithOffsets"}
CORE_OPS = """
    AddV2 Any BitwiseAnd BroadcastTo Cast ConcatV2 Const Cumsum Equal ExpandDims Fill GatherNd GatherV2 Greater Identity
    LeftShift Less LessEqual LogicalAnd LogicalOr LowerBound Max Maximum MergeV2Checkpoints Minimum NoOp NotEqual Pack
    PartitionedCall Placeholder Prod Range Reshape RestoreV2 RightShift SaveV2 Select SelectV2 Shape ShardedFilename
    Size Squeeze StatefulPartitionedCall StatelessIf StaticRegexFullMatch StridedSlice StringJoin Sub TensorScatterAdd
    Tile UnicodeDecode UnicodeEncode Where ZerosLike
"""
WALK_OPS = {"LogicalNot", "StatelessWhile", "Sum", "TensorScatterUpdate", "While"}


@functools.cache
def revealing_vocabulary():
    """Holds every character of many scripts, so that an id shows each of them."""
    pieces = ((chr(code), f"##{chr(code)}") for code in REVEALED)
    return list(dict.fromkeys([*SPECIAL, *itertools.chain.from_iterable(pieces), *PIECES]))


@pytest.fixture(scope="module")
def engines(hugging_face):
    @functools.cache
    def make(title):
        chosen, words = SETTINGS[title], revealing_vocabulary()
        return (
            hugging_face(words, **chosen),
            WordPieceTokenizer(words, ops="text", **chosen),
            PlainWordPieceTokenizer(words, **chosen),
            WordPieceTokenizer(words, ops="core", **chosen),
        )

    return make


@pytest.fixture(scope="module")
def vocabulary():
    return revealing_vocabulary()


@pytest.fixture(scope="module", params=["text", "core"])
def tokenizer(engines, request):
    return engines("uncased")[{"text": 1, "core": 3}[request.param]]


@pytest.fixture(scope="module", params=["text", "core"])
def small(request):
    return WordPieceTokenizer([*SPECIAL, "a", "##a", "b", "##b", "!"], ops=request.param)


@pytest.mark.parametrize("title", SETTINGS)
def test_graph_plain_and_hugging_face_agree_on_any_text(engines, title):
    reference, graph, plain, core = engines(title)

    @settings(settings.get_profile("tokenizers"))
    @given(st.lists(TEXTS, min_size=1, max_size=6))
    @example(["ΣΑΣ ΟΔΥΣΣΕΥΣ Σ", "[SEP] [CLS][MASK] [UNK]", "a\x00b\u200dc", "가각힣 ㄱ", "≠ ≮", "İ İİ", "ǅ ŉ ﬁ ² ㎏"])
    def agree(texts):
        wanted = [encoding.ids for encoding in reference.encode_batch(texts, add_special_tokens=False)]
        assert graph.tokenize(texts).to_list() == wanted
        assert core.tokenize(texts).to_list() == wanted
        assert [plain.tokenize(text) for text in texts] == wanted

    agree()


def test_invalid_bytes_are_dropped_everywhere_alike(engines):
    reference, graph, plain, core = engines("uncased")

    @settings(settings.get_profile("tokenizers"))
    @given(st.lists(st.one_of(st.binary(max_size=20), st.text(max_size=10).map(str.encode)), min_size=1, max_size=5))
    @example([b"\xff", b"a\xe4\xb8b", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"go\xe2\x82od"])
    def agree(texts):
        decoded = [text.decode("utf-8", "replace") for text in texts]
        wanted = [encoding.ids for encoding in reference.encode_batch(decoded, add_special_tokens=False)]
        assert graph.tokenize(texts).to_list() == wanted
        assert core.tokenize(texts).to_list() == wanted
        assert [plain.tokenize(text) for text in texts] == wanted

    agree()


def test_a_word_of_a_hundred_characters_is_read_and_one_more_is_unknown(tokenizer):
    for letter in "aяか한":
        pieces = 100 * (3 if letter == "한" else 1)  # three Hangul letters a syllable
        assert len(tokenizer.tokenize([letter * (100 // (pieces // 100))])[0]) > 1
        assert tokenizer.tokenize([letter * 101]).to_list() == [[tokenizer.unknown_id]]


def test_an_empty_text_is_only_its_special_tokens(small):
    assert small([""])["token_ids"].numpy().tolist() == [[small.cls_id, small.sep_id]]
    assert small([" \u200b\t"])["token_ids"].numpy().tolist() == [[small.cls_id, small.sep_id]]


@pytest.mark.parametrize("pairs", [None, []])
def test_no_texts_give_empty_tensors(small, pairs):
    assert small.tokenize([]).shape.as_list()[0] == 0
    for tensor in small([], pairs).values():
        assert tensor.dtype == tf.int32
        assert tensor.shape == (0, 2 if pairs is None else 3)


def test_a_typed_special_token_is_text(tokenizer):
    ids = tokenizer.tokenize(["good [SEP] good"]).to_list()[0]
    assert not {tokenizer.sep_id, tokenizer.cls_id, tokenizer.pad_id} & set(ids)


@pytest.mark.parametrize("max_length", [3, 4, 5, 6, 7, 10, 11])
def test_packing_and_truncation_are_hugging_faces(hugging_face, small, max_length):
    reference = hugging_face(small.vocabulary)
    reference.enable_truncation(max_length)
    reference.enable_padding()
    firsts, seconds = zip(*itertools.product([k * "a " for k in range(11)], [k * "b " for k in range(11)]), strict=True)
    for texts, pairs in ((firsts, None), (firsts, seconds)):
        wanted = reference.encode_batch(list(texts if pairs is None else zip(texts, pairs, strict=True)))
        packed = small(texts, pairs, max_length=max_length)
        assert packed["token_ids"].numpy().tolist() == [encoding.ids for encoding in wanted]
        assert packed["segment_ids"].numpy().tolist() == [encoding.type_ids for encoding in wanted]
        assert packed["padding_mask"].numpy().tolist() == [encoding.attention_mask for encoding in wanted]
        assert all(tensor.dtype == tf.int32 for tensor in packed.values())


@pytest.mark.parametrize(("pairs", "max_length"), [(None, 1), (["b"], 2), (None, 2.5), (None, True)])
def test_a_max_length_without_room_for_the_special_tokens_is_refused(small, pairs, max_length):
    with pytest.raises(UserError, match="special tokens"):
        small(["a"], pairs, max_length=max_length)


def test_a_single_text_instead_of_a_list_is_refused(small):
    with pytest.raises(UserError, match="list"):
        small.tokenize("a")
    with pytest.raises(UserError, match="list"):
        small.tokenize([["a"], ["b"]])


def test_it_runs_inside_tf_function_and_tf_data(small):
    texts = ["ab a", "!", ""]
    eager = small(texts)["token_ids"].numpy().tolist()
    assert tf.function(small)(tf.constant(texts))["token_ids"].numpy().tolist() == eager
    data = tf.data.Dataset.from_tensor_slices(texts).batch(3).map(small)
    assert data.element_spec["token_ids"].shape.as_list() == [None, None]
    assert next(iter(data))["token_ids"].numpy().tolist() == eager


def test_a_vocabulary_without_special_tokens_is_refused_by_name():
    with pytest.raises(UserError, match=r"\[CLS\], \[UNK\]"):
        WordPieceTokenizer(["[PAD]", "[SEP]", "a"])


def test_a_vocabulary_with_a_token_twice_is_refused_by_name():
    with pytest.raises(UserError, match="'a' twice, as ids 5 and 7"):
        WordPieceTokenizer([*SPECIAL, "a", "b", "a", "b"])


def test_a_vocabulary_with_something_else_than_text_is_refused():
    with pytest.raises(UserError, match="Token 5"):
        WordPieceTokenizer([*SPECIAL, None])


def test_settings_make_the_same_tokenizer_again(small):
    config = small.get_config()
    assert json.loads(json.dumps(config)) == config
    again = WordPieceTokenizer.from_config(config)
    assert again.get_config() == config
    assert (again.settings(), again.ops) == (small.settings(), small.ops)
    assert (again.vocabulary_size, again.pad_id, again.unknown_id, again.mask_id) == (10, 0, 1, 4)
    assert again.id_to_token(again.mask_id) == "[MASK]"
    assert WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"]).mask_id is None


@pytest.mark.parametrize("ops", ["text", "core"])
def test_tokens_that_no_text_can_reach_keep_their_ids(hugging_face, ops):
    odd = [*SPECIAL, "", "##", "a", "\x00", "a\x00b", "##\x00", " ", "b c", "Ä", "b", "##b"]
    for words in (odd, odd[::-1]):
        tokenizer = WordPieceTokenizer(words, ops=ops)
        texts = ["a b", "##", "a\x00b ab", "Ä ä b c", ""]
        wanted = [encoding.ids for encoding in hugging_face(words).encode_batch(texts, add_special_tokens=False)]
        assert tokenizer.tokenize(texts).to_list() == wanted
        assert tokenizer.vocabulary == words


@pytest.mark.parametrize("wrong", [{"mode": "exakt"}, {"mode": "fast", "strip_accents": False}])
def test_a_mode_that_cannot_be_kept_is_refused(small, wrong):
    with pytest.raises(UserError, match="mode"):
        WordPieceTokenizer(small.vocabulary, **wrong)


KINDS = {"exact": {"ops": "text"}, "fast": {"mode": "fast"}, "core": {"ops": "core"}}


@pytest.fixture(scope="module", params=KINDS)
def saved(request, vocabulary, tmp_path_factory):
    tokenizer = WordPieceTokenizer(vocabulary, **KINDS[request.param])
    module = tf.Module()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.string)])
    def pack(texts, pairs):
        return tokenizer(texts, pairs, max_length=16)

    path = tmp_path_factory.mktemp("saved") / request.param
    tf.saved_model.save(module, path, signatures=pack)
    return tokenizer, path


@pytest.mark.full  # a process of its own; the tests of exports do the same
@pytest.mark.parametrize("saved", ["exact", "core"], indirect=True)
def test_a_saved_graph_gives_the_same_ids_without_this_package(saved):
    tokenizer, path = saved
    texts, pairs = ["Good goodness!", "ΣΑΣ 中国 한글", ""], ["a", "b \u0301", "x" * 200]
    absent = {"keras_bigmodel"} if tokenizer.ops == "text" else {"keras_bigmodel", "tensorflow_text"}
    program = (
        f"import json, sys, tensorflow as tf{', tensorflow_text' if tokenizer.ops == 'text' else ''}\n"
        f"answer = tf.saved_model.load({str(path)!r}).signatures['serving_default']("
        f"texts=tf.constant({texts!r}), pairs=tf.constant({pairs!r}))\n"
        f"assert not {absent!r} & set(sys.modules)\n"
        "print(json.dumps({name: value.numpy().tolist() for name, value in answer.items()}))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=path.parent
    )
    wanted = {name: value.numpy().tolist() for name, value in tokenizer(texts, pairs, max_length=16).items()}
    assert json.loads(answer.stdout.splitlines()[-1]) == wanted


def test_a_saved_graph_holds_only_ops_of_a_stock_server(saved):
    tokenizer, path = saved
    graph = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes()).meta_graphs[0].graph_def
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    ops = {node.op.removeprefix("TFText>") for node in nodes}
    assert bool(ops & TEXT_OPS) == (tokenizer.ops != "core")
    assert ops <= TEXT_OPS | set(CORE_OPS.split()) | (WALK_OPS if tokenizer.ops == "core" else set())
    assert not (path / "assets").exists() or not any((path / "assets").iterdir())


def test_the_fast_mode_converts_to_lite_without_flex_ops(vocabulary):
    tokenizer = WordPieceTokenizer(vocabulary, mode="fast")
    function = tf.function(lambda texts: tokenizer.tokenize(texts).flat_values)
    concrete = function.get_concrete_function(tf.TensorSpec([1], tf.string))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], function)
    converter.allow_custom_ops = True
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    lite = converter.convert()
    assert b"Flex" not in lite
    runner = InterpreterWithCustomOps(model_content=lite, custom_op_registerers=tflite_registrar.SELECT_TFTEXT_OPS)
    runner.allocate_tensors()
    text = "Good goodness, unable 中国!"
    runner.set_tensor(runner.get_input_details()[0]["index"], np.array([text], object))
    runner.invoke()
    ids = runner.get_tensor(runner.get_output_details()[0]["index"])
    assert ids.tolist() == tokenizer.tokenize([text]).to_list()[0]


@pytest.mark.parametrize("ops", ["text", "core"])
def test_agreement_on_real_texts(hugging_face, data_folder, ops):
    folder = Path(data_folder)
    words = (folder / "bert_vocab/uncased_L-12_H-768_A-12/vocab.txt").read_text("utf-8").split("\n")[:-1]
    texts = [*json.loads((folder / "blns/blns.json").read_text("utf-8"))]
    texts += (folder / "thucnews_titles/test.txt").read_text("utf-8").split("\n")[:500]
    wanted = [encoding.ids for encoding in hugging_face(words).encode_batch(texts, add_special_tokens=False)]
    assert WordPieceTokenizer(words, ops=ops).tokenize(texts).to_list() == wanted
