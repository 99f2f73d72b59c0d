"""Every public layer, one case each way it is used. What a case must do stands in `tests/contracts.py`."""

import keras
import pytest

import keras_bigmodel.layers as layers
from tests.contracts import LayerCase, layer_checks

pytestmark = pytest.mark.layers


def states(random, batch, length):
    return random.standard_normal((batch, length, 8)).astype("float32")


def ids(random, batch, length, below=50):
    return random.integers(0, below, (batch, length)).astype("int32")


# They return other numbers of rows than they take; `test_token_windows.py` checks them, on every backend too.
ELSEWHERE = {layers.TokenWindows, layers.JoinedWindows}
CASES = [
    LayerCase(
        "self_attention",
        make=lambda **kwargs: layers.MultiHeadAttention(8, 2, **kwargs),
        arguments=lambda *size: [states(*size)],
        takes_mask=True,
        drops=True,
    ),
    LayerCase(
        "cross_attention",
        make=lambda **kwargs: layers.MultiHeadAttention(12, 2, key_dim=5, **kwargs),
        arguments=lambda random, batch, length: [states(random, batch, 4), states(random, batch, length)],
        takes_mask=True,
        masked=1,
        per_position=False,
        drops=True,
    ),
    LayerCase(
        "feed_forward",
        make=lambda **kwargs: layers.FeedForward(16, activation="relu", **kwargs),
        arguments=lambda *size: [states(*size)],
    ),
    LayerCase(
        "feed_forward_with_tanh_gelu",
        make=lambda **kwargs: layers.FeedForward(16, activation="gelu_tanh", **kwargs),
        arguments=lambda *size: [states(*size)],
    ),
    LayerCase(
        "post_norm_layer",
        make=lambda **kwargs: layers.TransformerLayer(8, 2, **kwargs),
        arguments=lambda *size: [states(*size)],
        takes_mask=True,
        drops=True,
    ),
    LayerCase(
        "pre_norm_layer",
        make=lambda **kwargs: layers.TransformerLayer(8, 2, intermediate_dim=24, norm_first=True, **kwargs),
        arguments=lambda *size: [states(*size)],
        takes_mask=True,
        drops=True,
    ),
    LayerCase(
        "embedding_of_tokens",
        make=lambda **kwargs: layers.BertEmbedding(50, 8, max_length=16, num_segments=1, **kwargs),
        arguments=lambda *size: [ids(*size)],
        drops=True,
    ),
    LayerCase(
        "embedding_of_tokens_and_segments",
        make=lambda **kwargs: layers.BertEmbedding(50, 8, max_length=16, **kwargs),
        arguments=lambda *size: [[ids(*size), ids(*size, below=2)]],
        drops=True,
    ),
    LayerCase(
        "cls_pooling",
        make=layers.ClsPooling,
        arguments=lambda *size: [states(*size)],
        takes_mask=True,
        per_position=False,
    ),
    LayerCase(
        "mean_pooling",
        make=layers.MeanPooling,
        arguments=lambda *size: [states(*size)],
        takes_mask=True,
        per_position=False,
    ),
    LayerCase(
        "projection",
        make=lambda **kwargs: layers.Projection(5, activation="tanh", **kwargs),
        arguments=lambda *size: [states(*size)],
    ),
]


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")  # a text of one token is a text
@pytest.mark.parametrize(
    ("case", "check"),
    [pytest.param(case, check, id=f"{case.name}-{check.__name__}") for case in CASES for check in layer_checks(case)],
)
def test_a_layer_keeps_its_contract(case, check, tmp_path):
    check(case, tmp_path)


def test_no_public_layer_is_without_a_case():
    public = {getattr(layers, name) for name in layers.__all__}
    public = {part for part in public if isinstance(part, type) and issubclass(part, keras.layers.Layer)}
    assert {type(case.make()) for case in CASES} | ELSEWHERE == public
