"""The published sizes of BERT, as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BertSize:
    """The numbers that make one BERT encoder; `BertEncoder(**asdict(size))` builds it.

    Args:
        vocabulary_size: int. Number of token ids.
        hidden_dim: int. Width of a token.
        num_layers: int. Number of Transformer layers.
        num_heads: int. Attention heads in each.
        intermediate_dim: int. Width inside the feed-forward parts.
        max_length: int. Number of positions, in tokens.
        num_segments: int. Number of segments.
        dropout: float. Share dropped in training.
        attention_dropout: float. Share of attention shares dropped in training.
        activation: str. Activation of the feed-forward parts.
        epsilon: float. Added to the variance in normalisations.
    """

    vocabulary_size: int = 30522
    hidden_dim: int = 768
    num_layers: int = 12
    num_heads: int = 12
    intermediate_dim: int = 3072
    max_length: int = 512
    num_segments: int = 2
    dropout: float = 0.1
    attention_dropout: float = 0.1
    activation: str = "gelu"
    epsilon: float = 1e-12


BERT_SIZES = {
    "tiny": BertSize(hidden_dim=128, num_layers=2, num_heads=2, intermediate_dim=512),
    "mini": BertSize(hidden_dim=256, num_layers=4, num_heads=4, intermediate_dim=1024),
    "small": BertSize(hidden_dim=512, num_layers=4, num_heads=8, intermediate_dim=2048),
    "medium": BertSize(hidden_dim=512, num_layers=8, num_heads=8, intermediate_dim=2048),
    "minilm": BertSize(hidden_dim=384, num_layers=6, num_heads=12, intermediate_dim=1536),
    "base": BertSize(),
    "large": BertSize(hidden_dim=1024, num_layers=24, num_heads=16, intermediate_dim=4096),
}
