"""The published sizes of BERT, as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BertSize:
    """Holds the settings of one BERT encoder; `BertEncoder(**asdict(size))` builds it.

    The defaults are those of BERT base.

    Args:
        vocabulary_size: int. Number of token ids. Defaults to 30522.
        hidden_dim: int. Width of a token. Defaults to 768.
        num_layers: int. Number of Transformer layers. Defaults to 12.
        num_heads: int. Number of attention heads of each layer. Defaults to 12.
        intermediate_dim: int. Width of the feed-forward networks' hidden layer. Defaults to 3072.
        max_length: int. Number of positions, in tokens. Defaults to 512.
        num_segments: int. Number of segments. Defaults to 2.
        dropout: float in [0, 1). Dropout rate of the embeddings and of the sublayers' outputs. Defaults to 0.1.
        attention_dropout: float in [0, 1). Dropout rate of the attention weights. Defaults to 0.1.
        activation: str. Activation of the feed-forward networks. Defaults to `"gelu"` (erf form).
        epsilon: float. Added to the variance in the normalizations. Defaults to 1e-12.
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
