"""AdamW as its formula stands, in float64, one variable after the other."""

import numpy as np


class PlainAdamW:
    """What `AdamW` is held against: nothing deferred, nothing fused, nothing rounded that matters."""

    def __init__(
        self,
        variables,
        learning_rate,
        *,
        decayed=(),
        weight_decay=0.0,
        global_clipnorm=None,
        gradient_accumulation_steps=1,
        betas=(0.9, 0.999),
        epsilon=1e-7,
    ):
        self.variables = [np.array(variable, "float64") for variable in variables]
        self._rate, self._decayed, self._decay = learning_rate, decayed, weight_decay
        self._clip, self._together, self._betas, self._epsilon = (
            global_clipnorm,
            gradient_accumulation_steps,
            betas,
            epsilon,
        )
        self._averages = [[np.zeros_like(variable)] * 2 for variable in self.variables]
        self._gathered, self._batches, self._steps = {}, 0, 0

    def apply(self, gradients):
        """Takes one batch's gradients: dict of number of the variable → array; those left out have none."""
        for number, gradient in gradients.items():
            self._gathered[number] = self._gathered.get(number, 0.0) + np.asarray(gradient, "float64")
        self._batches += 1
        if self._batches % self._together:
            return
        self._steps += 1
        mean = {number: gradient / self._together for number, gradient in self._gathered.items()}
        self._gathered = {}
        if self._clip:
            norm = np.sqrt(sum(np.sum(gradient**2) for gradient in mean.values()))
            mean = {number: gradient * self._clip / max(norm, self._clip) for number, gradient in mean.items()}
        for number, gradient in mean.items():
            self._update(number, gradient)

    def _update(self, number, gradient):
        (beta_1, beta_2), variable = self._betas, self.variables[number]
        momentum, velocity = self._averages[number]
        momentum = beta_1 * momentum + (1 - beta_1) * gradient
        velocity = beta_2 * velocity + (1 - beta_2) * gradient**2
        self._averages[number] = [momentum, velocity]
        if number in self._decayed:
            variable = variable * (1 - self._rate * self._decay)
        corrected = np.sqrt(1 - beta_2**self._steps) / (1 - beta_1**self._steps)
        self.variables[number] = variable - self._rate * corrected * momentum / (np.sqrt(velocity) + self._epsilon)
