"""The optimizer of the default training recipe. Knows variables and gradients; no model."""

import contextlib

import keras
import numpy as np
from keras import ops

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.kernels import fused_update

# A fraction of a weight. The recipe's 1e-6 per step is eight times the resolution of float32; eight steps at once are
# also rounded less. Rates so high that the order of decay and update shows in the sixth digit exceed it in every step.
_DECAY_AT_ONCE = 8e-6


@keras.saving.register_keras_serializable("keras_bigmodel")
class AdamW(keras.optimizers.AdamW):
    """Applies AdamW: `keras.optimizers.AdamW`, with the same numbers in fewer passes over memory.

    Each step computes `w -= learning_rate * weight_decay * w`, then Adam's update of `w`.

    Keras's own optimizer makes about ten passes over each variable, a third of a training step of a small encoder on a
    CPU. On the TensorFlow backend the update here is one fused op. Weight decay is a pass of its own. Where it is tiny,
    it is applied to several steps at once: the decay that is due stays below 8e-6 of a weight, and
    `finalize_variable_values`, which Keras calls at the end of `fit`, applies the rest. On other backends both are
    Keras's own, which their compilers fuse.

    Gradients are clipped by the norm of a variable's total gradient: an embedding row that was looked up twice counts
    with the sum of its two gradients, on every backend. (Keras on TensorFlow counts the two separately.)

    `set_schedule` sets a warm-up and decay of the learning rate, computed inside the step. The state is that of
    `keras.optimizers.AdamW` and, during a run, two small arrays more, on every backend and under every strategy. A
    state that Keras's optimizer saved can be loaded.

    Args:
        learning_rate: float or schedule. Defaults to 0.001, as in Keras.
        weight_decay: float. Defaults to 0.004, as in Keras.
        not_decayed: list of str. Patterns of variable names without weight decay. Defaults to none.
        name: str. Defaults to `"adamw"`.
        **kwargs: Other arguments of `keras.optimizers.AdamW`.

    >>> AdamW(1e-4, not_decayed=["bias"]).get_config()["not_decayed"]
    ['bias']

    Source: Loshchilov and Hutter, 2019, "Decoupled weight decay regularization".
    """

    def __init__(self, learning_rate=0.001, weight_decay=0.004, *, not_decayed=(), name="adamw", **kwargs):
        super().__init__(learning_rate, weight_decay=weight_decay, name=name, **kwargs)
        self._decay_due = None  # variable (trainable variables,): the fraction of each that is still to be subtracted
        self._schedule = None  # variable (3,): first iteration, warm-up steps, all steps; zeros: no schedule
        self._set_before_build = (0, 0, 0)  # the same values, until `build` creates the variable
        self._is_stepping = False
        self._is_float32 = False  # whether all trainable variables are float32; known after `build`
        self._state_before_build = None  # a state that was loaded before `build`
        self.not_decayed = list(not_decayed)
        if self.not_decayed:
            self.exclude_from_weight_decay(var_names=self.not_decayed)

    def build(self, var_list):
        """Creates the two averages of each variable, the decay that is due and the schedule.

        Args:
            var_list: list of the trainable variables.
        """
        if self.built:
            return
        super().build(var_list)
        self._is_float32 = all(keras.backend.standardize_dtype(part.dtype) == "float32" for part in var_list)
        self._decay_due = self.add_variable((len(var_list),), dtype="float32", initializer="zeros", name="decay_due")
        start = tuple(self._set_before_build)
        self._schedule = self.add_variable(
            (3,), dtype="int32", initializer=lambda shape, dtype: ops.convert_to_tensor(start, dtype), name="schedule"
        )
        if self._state_before_build is not None:
            state, self._state_before_build = self._state_before_build, None
            with fused_update.outside_of_graphs() if fused_update else contextlib.nullcontext():
                self.load_own_variables(state)

    # ---- the learning rate

    def set_schedule(self, steps, *, warmup_steps, done=0):
        """Sets the schedule of the coming steps: linear warm-up to the learning rate, then linear decay to zero.

        Args:
            steps: int. Steps (batches) of the whole run.
            warmup_steps: int. Number of warm-up steps.
            done: int. Steps of the run that are done already. Defaults to 0.

        Raises:
            UserError: the learning rate is a schedule or a function.
        """
        if not isinstance(self._learning_rate, keras.Variable):
            raise UserError(
                "The optimizer has a learning rate schedule of its own, and warm-up and decay came too. Give its peak "
                "as a number, e.g. AdamW(1e-4), or leave WarmupDecay out."
            )
        self._assign_schedule((int(self._iterations) - done, warmup_steps, steps))

    @property
    def learning_rate(self):
        """Returns the learning rate of the coming step: float tensor or variable.

        Setting it makes it constant: it ends the schedule of `set_schedule`.
        """
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        keras.optimizers.AdamW.learning_rate.fset(self, learning_rate)
        self.clear_schedule()

    def clear_schedule(self):
        """Resets the learning rate to a constant."""
        self._assign_schedule((0, 0, 0))

    def _assign_schedule(self, values):
        if self._schedule is None:
            self._set_before_build = values
        else:
            self._schedule.assign(values)

    def _get_current_learning_rate(self):
        rate = super()._get_current_learning_rate()
        schedule = self._set_before_build if self._schedule is None else self._schedule
        if not isinstance(rate, keras.Variable) or not (self._is_stepping or int(schedule[2])):
            return rate  # the variable itself, so that callers can assign to it
        first, warmup, steps = (ops.cast(schedule[part], "float32") for part in range(3))
        step = ops.cast(self._iterations, "float32") - first
        rise = (step + 1.0) / ops.maximum(warmup, 1.0)
        fall = ops.maximum(0.0, steps - step) / ops.maximum(1.0, steps - warmup)
        factor = ops.where(step < warmup, rise, fall)
        return rate * ops.where(steps > 0.0, factor, 1.0)

    # ---- one step

    def _backend_apply_gradients(self, grads, trainable_variables):
        self._is_stepping = True
        try:
            super()._backend_apply_gradients(grads, trainable_variables)
        finally:
            self._is_stepping = False

    @property
    def _is_fused(self):
        return fused_update is not None and not self.amsgrad and self._is_float32

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        if self._is_fused:  # once per step, not once per variable
            learning_rate = fused_update.corrected_rate(learning_rate, self.iterations + 1, self.beta_1, self.beta_2)
        super()._backend_update_step(grads, trainable_variables, learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable.

        Args:
            gradient: tensor or, on TensorFlow, `tf.IndexedSlices`.
            variable: `keras.Variable`.
            learning_rate: float tensor. On the fused path, the rate that `fused_update.corrected_rate` returned.
        """
        if not self._is_fused:
            return super().update_step(gradient, variable, learning_rate)
        index = self._get_variable_index(variable)
        return fused_update.fused_adam_update(
            gradient,
            variable,
            self._momentums[index],
            self._velocities[index],
            rate=learning_rate,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )

    def _clip_gradients(self, grads):
        if fused_update is not None and self.global_clipnorm and self.global_clipnorm > 0:
            return fused_update.clip_by_global_norm(grads, self.global_clipnorm)
        if fused_update is not None and (self.clipnorm or self.clipvalue):
            grads = [fused_update.densified(gradient) for gradient in grads]
        return super()._clip_gradients(grads)

    # ---- weight decay

    def _apply_weight_decay(self, variables):
        # With several replicas each takes its steps separately, and other precisions round at other points.
        if fused_update is None or not fused_update.is_one_replica() or not self._is_float32:
            return super()._apply_weight_decay(variables)
        decayed = [variable for variable in variables if self._use_weight_decay(variable)]
        if not self.weight_decay or not decayed:
            return None
        indices = [self._get_variable_index(variable) for variable in decayed]
        share = ops.cast(self.learning_rate, "float32") * self.weight_decay
        is_decayed = [float(index in indices) for index in range(len(self._trainable_variables))]
        due = self._decay_due + share * ops.convert_to_tensor(is_decayed)

        def decay():
            for index, variable in zip(indices, decayed, strict=True):
                fused_update.fused_decay(variable, due[index])
            self._decay_due.assign(due * (1.0 - ops.convert_to_tensor(is_decayed)))

        def postpone():
            self._decay_due.assign(due)

        ops.cond(ops.max(ops.abs(ops.take(due, indices))) >= _DECAY_AT_ONCE, decay, postpone)
        return None

    def finalize_variable_values(self, var_list):
        """Applies the decay that is still due; Keras calls it at the end of `fit`.

        Args:
            var_list: list of the trainable variables.
        """
        if self._decay_due is not None:
            due = ops.convert_to_numpy(self._decay_due)
            for share, variable in zip(due, self._trainable_variables, strict=True):
                if share:
                    variable.assign(variable - variable * share)
            self._decay_due.assign(0.0 * due)
        super().finalize_variable_values(var_list)

    # ---- state

    @property
    def _own_variables(self):
        return {} if self._schedule is None else {"decay_due": self._decay_due, "schedule": self._schedule}

    @property
    def _shared_variables(self):
        """Returns the variables that `keras.optimizers.AdamW` has too."""
        own = list(map(id, self._own_variables.values()))
        return [variable for variable in self.variables if id(variable) not in own]

    def save_own_variables(self, store):
        """Saves the state: that of `keras.optimizers.AdamW` and, during a run, the decay that is due and the schedule.

        Args:
            store: mapping of str to array that is written to.
        """
        for number, variable in enumerate(self._shared_variables):
            store[str(number)] = ops.convert_to_numpy(variable)
        for name, variable in self._own_variables.items():
            array = ops.convert_to_numpy(variable)
            if array.any():
                store[name] = array

    def load_own_variables(self, store):
        """Loads a state that `save_own_variables` or `keras.optimizers.AdamW` saved.

        Before `build`, there are no variables yet; the state is then loaded in `build`.

        Args:
            store: mapping of str to array.

        Raises:
            UserError: the state is of another optimizer or of another model.
        """
        if not self.built:
            self._state_before_build = {name: np.array(store[name]) for name in store.keys()}  # noqa: SIM118 (h5py)
            return
        shared, own = self._shared_variables, self._own_variables
        numbers = set(store.keys()) - set(own)
        fits = numbers == set(map(str, range(len(shared)))) and all(
            tuple(store[str(number)].shape) == tuple(variable.shape) for number, variable in enumerate(shared)
        )
        if not fits or any(store[name].shape != own[name].shape for name in set(store.keys()) & set(own)):
            raise UserError(
                f"The saved state of the optimizer has {len(numbers)} variables, and {self.name} has {len(shared)} "
                "(or others in shape). Load it with the optimizer and the trainable weights that it was saved with; or "
                "call compile after loading, which begins with a new optimizer."
            )
        for number, variable in enumerate(shared):
            variable.assign(store[str(number)])
        for name, variable in own.items():
            array = store[name] if name in store.keys() else np.zeros(variable.shape)  # noqa: SIM118 (h5py)
            variable.assign(array)

    def set_weights(self, weights):
        """Sets the variables, in the order of `variables`.

        Args:
            weights: list of arrays, one per variable.

        Raises:
            UserError: the number of weights is not the number of variables.
        """
        if len(weights) != len(self.variables):
            raise UserError(f"{len(weights)} weights came for an optimizer of {len(self.variables)} variables.")
        super().set_weights(weights)

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        return {**super().get_config(), "not_decayed": self.not_decayed}
