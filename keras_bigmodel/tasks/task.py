"""The contract of a task: a `keras.Model` that takes raw text. Knows no file format and no HTTP."""

import threading
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data import TableBlock, TableStream
from keras_bigmodel.data.length_batches import check_batch_size
from keras_bigmodel.tasks import task_folder
from keras_bigmodel.tasks.dataset_source import DatasetSource
from keras_bigmodel.tasks.export_formats import export_checked
from keras_bigmodel.tasks.fit_plan import BATCH_SIZE, FitPlan, create_variables
from keras_bigmodel.tasks.prediction_step import FEW, PredictionStep, batches_of, in_order
from keras_bigmodel.tasks.sources import is_raw, source_of
from keras_bigmodel.training import FROZEN_LEARNING_RATE, AdamW, SkippingStep, inner_optimizer, recipe_optimizer

_MAKING = threading.RLock()  # held while a graph is made: two threads make one
_EXPORT_POLICIES = {"float32": "float32", "bfloat16": "bfloat16"}  # the weights too: half the file, no casts


class Task(keras.Model):
    """A model that takes text, wherever Keras takes arrays.

    A task adds to Keras: raw input, `preprocess`, `postprocess`, `endpoints`, `save` and `load`. `call` gives logits
    from token ids; `predict` gives what `outputs_from_logits` makes of them.

    A subclass builds the functional model, sets `encoder`, `preprocessor` and `embedding_model`,
    and gives `encode_targets`, `num_outputs`, `outputs_from_logits`, `postprocess`, `recipe_loss`, `recipe_metrics`,
    `loss_on_logits`, `endpoints`, `get_config` and `from_config`.
    """

    _resumed = None  # the TrainingState that the coming `fit` goes on from

    # ---- raw rows in

    @property
    def tokenizer(self):
        """The preprocessor's tokenizer."""
        return self.preprocessor.tokenizer

    @property
    def max_length(self):
        """int: tokens of a row at most, special ones included."""
        return self.preprocessor.max_length

    @property
    def pairs(self):
        """bool: whether each row is a pair of texts."""
        return self.preprocessor.has_pairs

    def preprocess(self, rows):
        """Turns rows into the model's inputs, the same in training and in every export.

        Args:
            rows: what the preprocessor takes: texts, say; see `preprocessor.features_of`.

        Returns:
            dict of the model's inputs, tensors.

        Raises:
            UserError: what came is no such thing.
        """
        return self.preprocessor.features_of(rows)

    def token_counts(self, rows):
        """Counts the tokens of each row before it is cut to `max_length`.

        Returns:
            `(tokens, unknown tokens)`: two int arrays `(rows,)`.

        Raises:
            UserError: what came are no texts.
        """
        return self.preprocessor.token_counts(self.preprocessor.checked(rows))

    def target_encoder(self):
        """Returns a function as `encode_targets` for one column of targets that comes in parts."""
        return self.encode_targets

    def class_weights_of(self, class_weight):
        """Returns a function from targets to the weights of their classes; a task of classes has one."""
        raise UserError(f"class_weight came, and a {type(self).__name__} has no classes. Give sample_weight instead.")

    # ---- Keras's own, for texts

    def compile(
        self,
        optimizer="auto",
        loss="auto",
        *,
        metrics="auto",
        learning_rate=None,
        weight_decay=None,
        gradient_accumulation_steps=None,
        label_smoothing=None,
        jit_compile=False,
        **kwargs,
    ):
        """Configures training; without arguments by our recipe.

        Args:
            optimizer: a Keras optimizer or its name, left as it is; `"auto"` is AdamW with warm-up and decay.
            loss: a Keras loss on logits, or its name (then `from_logits=True`); `"auto"` is the task's.
            metrics: list of Keras metrics; they see probabilities. `"auto"` is the task's.
            learning_rate: float. The recipe's peak rate. Defaults to 1e-4, or 1e-2 where the encoder is frozen.
            weight_decay: float. The recipe's weight decay. Defaults to 0.01.
            gradient_accumulation_steps: int. Batches that make one update of the recipe's optimizer. Defaults to 1.
            label_smoothing: float in [0, 1). Share of each label spread over all, in the recipe's loss. Defaults to 0.
            jit_compile: bool. Defaults to False: on CPUs XLA compiles every length anew and is slower.
            **kwargs: to `keras.Model.compile`.

        Raises:
            UserError: a loss object with `from_logits=False`; a part of the recipe together with what replaces it.
        """
        given = {
            "learning_rate": learning_rate,
            "weight_decay": weight_decay,
            "gradient_accumulation_steps": gradient_accumulation_steps,
        }
        given = {name: value for name, value in given.items() if value is not None}
        recipe = isinstance(optimizer, str) and optimizer == "auto"
        if given and not recipe:
            raise UserError(
                f"{' and '.join(given)} came, of the recipe's optimizer, and an optimizer came too. Set them on the "
                f"optimizer: keras.optimizers.AdamW({', '.join(f'{name}=...' for name in given)})."
            )
        recipe_loss = isinstance(loss, str) and loss == "auto"
        if label_smoothing is not None and not recipe_loss:
            raise UserError(
                "label_smoothing came, of the recipe's loss, and a loss came too. Leave one out, or give "
                "loss=keras_bigmodel.training.SmoothedCrossentropy(...)."
            )
        if isinstance(learning_rate, keras.optimizers.schedules.LearningRateSchedule):
            raise UserError(
                "A schedule came as learning_rate, and the recipe has its own: give its peak as a number, or an "
                "optimizer with your schedule, e.g. compile(keras.optimizers.AdamW(schedule))."
            )
        if self.is_frozen:
            given.setdefault("learning_rate", FROZEN_LEARNING_RATE)
        self._forget_graphs()
        super().compile(
            optimizer=recipe_optimizer(**given) if recipe else optimizer,
            loss=self.recipe_loss(label_smoothing or 0.0) if recipe_loss else self.loss_on_logits(loss),
            metrics=self.recipe_metrics() if isinstance(metrics, str) and metrics == "auto" else metrics,
            jit_compile=jit_compile,
            **kwargs,
        )

    def compile_from_config(self, config):
        """Compiles as a saved `.keras` file says."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        tokens_per_batch=None,
        seed=None,
        **kwargs,
    ):
        """Trains on texts; arguments as in `keras.Model.fit`, and two more.

        Args:
            x: texts (or pairs), a batched `tf.data.Dataset` of `(texts, labels[, weights])`, or a
                `keras_bigmodel.data.TableStream`, whose token ids go to a file: tables larger than memory train in the
                same batches as lists. What is no text (dicts of token ids, datasets of them) goes to Keras as it is.
            y: labels, names or numbers; None with a dataset or a stream.
            batch_size: int. Rows in a batch. Defaults to 32.
            epochs: int. Defaults to 1.
            verbose: as in Keras.
            callbacks: as in Keras.
            validation_split: float. The share of the texts, from the end, that is held back; unless
                `validation_data` is given.
            validation_data: `(texts, labels[, weights])`, a dataset or a `TableStream`.
            shuffle: bool. Whether batches are drawn anew in every epoch. Defaults to True.
            class_weight: dict of label (name or number) → weight; may come together with `sample_weight`.
            sample_weight: float array `(texts,)`.
            initial_epoch: as in Keras.
            steps_per_epoch: as in Keras.
            tokens_per_batch: int. Padded tokens in a batch at most, instead of `batch_size`.
            seed: int. Of the order of the texts. Defaults to a draw from Keras's seed.
            **kwargs: to `keras.Model.fit`.

        Returns:
            `keras.callbacks.History`.

        Raises:
            UserError: what came are no texts, or labels and texts do not fit.
        """
        if not self.compiled:
            self.compile()
        kwargs.update(epochs=epochs, verbose=verbose, initial_epoch=initial_epoch, steps_per_epoch=steps_per_epoch)
        if not is_raw(self.preprocessor, x):
            kwargs.update(validation_split=validation_split, validation_data=validation_data, shuffle=shuffle)
            kwargs.update(class_weight=class_weight, sample_weight=sample_weight, batch_size=batch_size)
            return super().fit(x, y, callbacks=callbacks, **kwargs)

        source = source_of(self, x, y, sample_weight, class_weight)
        if validation_split and validation_data is None:
            source, validation_data = source.split(validation_split)
        plan = FitPlan.of(
            self,
            source,
            validation_data,
            callbacks,
            batch_size=batch_size,
            tokens_per_batch=tokens_per_batch,
            epochs=epochs,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            shuffle=shuffle,
            seed=seed,
        )
        kwargs.update(initial_epoch=plan.initial_epoch, shuffle=False)  # the dataset shuffles itself
        self._resumed = plan.resumed
        create_variables(self, plan.dataset)
        try:
            super().fit(plan.dataset, callbacks=plan.callbacks, validation_data=plan.validation_data, **kwargs)
        finally:
            optimizer = inner_optimizer(self.optimizer)
            if isinstance(optimizer, AdamW):  # a run that broke off leaves no schedule behind
                optimizer.clear_schedule()
        return self.history

    def make_train_function(self, force=False):
        """Makes Keras's training step; in a resumed run one that first passes over the batches that are done."""
        if isinstance(self.train_function, SkippingStep):  # a run that ended before it had passed over them
            self.train_function = self.train_function.step
        super().make_train_function(force)
        state, self._resumed = self._resumed, None
        if state is not None and state.batch:
            self.train_function = SkippingStep(self, state.batch, state.metrics)

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, **kwargs):
        """Measures loss and metrics on texts; arguments as in `keras.Model.evaluate`.

        Raises:
            UserError: as `fit`.
        """
        if not is_raw(self.preprocessor, x):
            return super().evaluate(x, y, batch_size, verbose, sample_weight, **kwargs)
        if not self.compiled:
            self.compile()
        dataset = source_of(self, x, y, sample_weight).measuring_dataset(batch_size=batch_size or BATCH_SIZE)
        return super().evaluate(dataset, verbose=verbose, **kwargs)

    def predict(self, x, batch_size=None, verbose=0, **kwargs):
        """Answers texts, in the order given; arguments as in `keras.Model.predict`, and a `TableStream` for `x`.

        Without `batch_size` batches have as many texts as make 4,096 tokens.

        Returns:
            float32 array, one row a text.

        Raises:
            UserError: what came are no texts.
        """
        if not is_raw(self.preprocessor, x):
            return super().predict(x, batch_size=batch_size, verbose=verbose, **kwargs)
        if kwargs.get("steps") is not None:
            raise UserError("steps came with texts; wanted all of them answered. Hand in fewer texts instead.")
        kwargs.pop("steps", None)
        parts = _parts_of(self, x)
        if parts is not None:
            answers = [self._answered(texts, batch_size, verbose=verbose, **kwargs) for texts in parts]
            if not answers:
                raise UserError("The dataset gave no batch; wanted at least one text.")
            return np.concatenate(answers)
        return self._answered(x, batch_size, verbose=verbose, **kwargs)

    def predict_stream(self, stream, batch_size=None, **kwargs):
        """Answers texts that are more than memory holds, some thousand at a time, in the order given.

        Args:
            stream: `keras_bigmodel.data.TableStream` (`with_labels=False` if it has none), or an iterable of lists of
                texts, with pairs of tuples of two lists. Each part is sorted by length: give a thousand texts or more.
            batch_size: int. Rows in a batch. Defaults to as many as make 4,096 tokens.
            **kwargs: to `keras.Model.predict`.

        Yields:
            `(TableBlock or list of texts, float32 array)`: a part, and what `predict` gives for it.

        Raises:
            UserError: what the stream refuses, when it gets there; a part is no list of texts.
        """
        for part in stream:
            texts = part.inputs if isinstance(part, TableBlock) else part
            yield part, self._answered(texts, batch_size, **kwargs)

    def _answered(self, texts, batch_size, *, verbose=0, callbacks=None, **kwargs):
        if not tf.executing_eagerly():
            raise UserError(
                "Texts came inside of a tf.function, where answers cannot be gathered. Call the model on its inputs "
                "there: task.postprocess(task(task.preprocess(texts), training=False))."
            )
        columns = self.preprocessor.checked(texts)
        if kwargs or not PredictionStep.fits(self):
            batches = batches_of(self.preprocessor.encode(columns), batch_size)
            answers = super().predict(batches.dataset(), verbose=verbose, callbacks=callbacks, **kwargs)
            return in_order(answers, batches.order)
        step = self._kept("prediction_step", lambda: PredictionStep(self))
        return self._stepped(step, columns, batch_size, verbose=verbose, callbacks=callbacks)

    def _stepped(self, step, columns, batch_size, **kwargs):
        """Answers checked columns with a `PredictionStep`; few rows without being sorted."""
        check_batch_size(batch_size=batch_size)
        if len(next(iter(columns.values()))) <= min(FEW, batch_size or FEW) and not any(kwargs.values()):
            return step.answer_batch(self.preprocessor.padded(columns))
        return step.answer(self.preprocessor.encode(columns), batch_size=batch_size, **kwargs)

    def _kept(self, name, make):
        """Returns what `make` made at the first call; see `_forget_graphs`. Not a part of the model: not tracked."""
        with _MAKING:
            if "_kept_functions" not in self.__dict__:
                object.__setattr__(self, "_kept_functions", {})
            kept = self._kept_functions.get(name)
            if kept is None or (isinstance(kept, PredictionStep) and not kept.is_current()):
                kept = self._kept_functions[name] = make()
            return kept

    def _forget_graphs(self):
        for name in ("prediction_step", "embedding_step"):
            self.__dict__.get("_kept_functions", {}).pop(name, None)

    def quantize(self, *args, **kwargs):
        """Quantizes the weights; as `keras.Model.quantize`."""
        super().quantize(*args, **kwargs)
        self._forget_graphs()

    def predict_step(self, data):
        """Gives one batch's outputs."""
        return self.outputs_from_logits(super().predict_step(data))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Updates the metrics, which see probabilities."""
        return super().compute_metrics(x, y, self.outputs_from_logits(y_pred), sample_weight)

    # ---- in and out

    def embed(self, texts, batch_size=None):
        """Gives one vector a text: what the head sees.

        Args:
            texts: list of str, or of pairs.
            batch_size: int. Rows in a batch. Defaults to as many as make 4,096 tokens.

        Returns:
            float32 array `(texts, hidden_dim)`.
        """
        step = self._kept("embedding_step", lambda: PredictionStep(self.embedding_model))
        return self._stepped(step, self.preprocessor.checked(texts), batch_size).astype("float32")

    def save(self, filepath, overwrite=False, **kwargs):
        """Writes everything that is needed to go on elsewhere; a path that ends in `.keras` is Keras's own format.

        Args:
            filepath: path of a new folder, which gets `task.json`, `weights.weights.h5` and `vocab.txt`.
            overwrite: bool. Whether to replace what is there. Defaults to False.
            **kwargs: to `keras.Model.save`, for `.keras`.

        Raises:
            UserError: the folder exists, or cannot be written.
        """
        if str(filepath).endswith(".keras"):
            if Path(filepath).exists() and not overwrite:  # Keras would ask on standard input
                raise UserError(f"{filepath} is already there. Choose another name, or allow it with overwrite=True.")
            super().save(filepath, overwrite=True, **kwargs)
        else:
            task_folder.save(self, filepath, overwrite=overwrite)

    @classmethod
    def load(cls, folder, *, dtype="auto"):
        """Reads what `save` wrote, or a version folder, or the highest version under a folder of versions.

        Args:
            folder: path.
            dtype: str. Dtype of the layers. Defaults to `"auto"`: bfloat16 where this machine is fast at it.

        Raises:
            UserError: nothing of ours is there, or it is of another task or a newer version.
        """
        return task_folder.load(cls, folder, dtype=dtype)

    def export(
        self, folder, format="saved_model", *, dtype="float32", quantize=None, parity_texts=None, overwrite=False
    ):
        """Writes a model that runs without this package, and proves that it agrees.

        Args:
            folder: path of a new folder.
            format: `"saved_model"`: strings in, answers out, for TensorFlow and TF Serving; `"tflite"`: one LiteRT file
                with labels and vocabulary inside, for phones and `keras_bigmodel.edge.LiteClassifier`;
                `"hugging_face"`: a folder for Hugging Face transformers.
            dtype: `"float32"` or `"bfloat16"`: what a SavedModel computes in. Defaults to `"float32"`.
            quantize: `"int8"`, `"float16"` or `"none"`: the weights of a `"tflite"` file. Defaults to `"int8"`.
            parity_texts: texts to compare on, besides the bundled ones.
            overwrite: bool. Whether to replace what is there. Defaults to False.

        Returns:
            dict: the parity certificate, which also stands in `parity.json` beside the model.

        Raises:
            UserError: the folder exists, an unknown format, or the export does not agree.
        """
        if dtype not in _EXPORT_POLICIES:
            raise UserError(f'dtype="{dtype}" came; an export computes in {" or ".join(_EXPORT_POLICIES)}.')
        if dtype != "float32" and format != "saved_model":
            raise UserError(
                f'dtype="{dtype}" came with format="{format}"; only a SavedModel computes in it. Leave it out'
                + (', or say quantize="float16" or "int8".' if format == "tflite" else ".")
            )
        texts = None if parity_texts is None else self.preprocessor.checked(parity_texts)
        twin = self.with_dtype(_EXPORT_POLICIES[dtype])
        how = {"format": format, "quantize": quantize, "parity_texts": texts, "overwrite": overwrite}
        return export_checked(twin, folder, **how)

    @property
    def is_frozen(self):
        """bool: whether nothing of the encoder is trained."""
        return not self.encoder.trainable_variables

    @property
    def export_dtype(self):
        """str: what the layers compute in, `"float32"` or `"bfloat16"`."""
        return keras.dtype_policies.get(self.get_config()["dtype"]).compute_dtype

    def with_dtype(self, dtype):
        """Gives this task computing in another dtype, on a copy of the weights."""
        return self.with_config(dtype=keras.dtype_policies.serialize(keras.dtype_policies.get(dtype)))

    def with_config(self, **changes):
        """Gives this task with other values of `get_config`, on a copy of the weights."""
        twin = type(self).from_config({**self.get_config(), **changes})
        twin.set_weights(self.get_weights())
        return twin


def _parts_of(task, data):
    """Returns the rows of each part of what is answered a part at a time, None for what is answered at once."""
    if isinstance(data, TableStream):
        return (block.inputs for block in data)
    if isinstance(data, tf.data.Dataset):
        return DatasetSource(task.preprocessor, data, task.target_encoder).columns()
    return None
