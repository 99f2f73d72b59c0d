"""How Adam's averages are kept when gradients are scaled and nobody multiplies them. Knows numbers; no variables."""

from typing import NamedTuple


class ScaledAverages(NamedTuple):
    """Lets Adam run on gradients as they are, and do what it would on gradients times a scale.

    Its averages then hold `momentum / momentum_scale` and `velocity / velocity_scale`. With the two scales averaged as
    Adam averages gradients and their squares, one step is Adam's own with other numbers in place of its betas:
    `beta * old / new` of the scales.

    Args:
        momentum_scale: float tensor. The scale of the momentum after this step.
        velocity_scale: float tensor. The scale of the velocity after this step.
        beta_1: float tensor. What stands for Adam's `beta_1` in this step.
        beta_2: float tensor. What stands for its `beta_2`.

    >>> averages = ScaledAverages.of_step(0.5, 1.0, 1.0, beta_1=0.9, beta_2=0.999)
    >>> round(averages.momentum_scale, 6), round(averages.beta_1, 6)
    (0.95, 0.947368)
    """

    momentum_scale: object
    velocity_scale: object
    beta_1: object
    beta_2: object

    @classmethod
    def of_step(cls, scale, momentum_scale, velocity_scale, *, beta_1, beta_2):
        """Gives the numbers of a step whose gradients count times `scale`, from the scales before it."""
        momentum_after = beta_1 * momentum_scale + (1.0 - beta_1) * scale
        velocity_after = beta_2 * velocity_scale + (1.0 - beta_2) * scale * scale
        return cls(
            momentum_after,
            velocity_after,
            beta_1 * momentum_scale / momentum_after,
            beta_2 * velocity_scale / velocity_after,
        )
