"""The default settings of fine-tuning a pretrained encoder. Knows no data, no task."""

from keras_bigmodel.training.adamw import AdamW

LEARNING_RATE = 1e-4
FROZEN_LEARNING_RATE = 1e-2  # a head on a frozen encoder needs larger steps
WEIGHT_DECAY = 0.01
CLIP_NORM = 1.0
WARMUP_SHARE = 0.1
RECIPE_NAME = "recipe_adamw"  # a task adds WarmupDecay to an optimizer of this name
NOT_DECAYED = ["bias", "gamma", "beta"]  # variable names of biases and normalizations


def recipe_optimizer(learning_rate=LEARNING_RATE, *, weight_decay=WEIGHT_DECAY, gradient_accumulation_steps=None):
    """Returns AdamW with BERT's fine-tuning settings.

    Biases and normalizations have no weight decay. Gradients are clipped by their global norm.

    Args:
        learning_rate: float. The peak of the schedule that `WarmupDecay` sets. Defaults to 1e-4.
        weight_decay: float. Defaults to 0.01.
        gradient_accumulation_steps: int. Number of batches whose mean gradient makes one update. Defaults to None: one
            update per batch.

    Returns:
        `AdamW`.

    Source: Loshchilov and Hutter, 2019, "Decoupled weight decay regularization"; Devlin et al., 2018, appendix A.3.
    """
    return AdamW(
        float(learning_rate),
        weight_decay,
        not_decayed=NOT_DECAYED,
        global_clipnorm=CLIP_NORM,
        epsilon=1e-8,
        gradient_accumulation_steps=gradient_accumulation_steps if (gradient_accumulation_steps or 1) > 1 else None,
        name=RECIPE_NAME,
    )
