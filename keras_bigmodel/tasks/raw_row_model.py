"""A `keras.Model` whose methods take raw rows where Keras takes arrays. Knows sources and steps; no kind of task."""

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.length_batches import check_batch_size
from keras_bigmodel.tables import TableBlock, TableStream
from keras_bigmodel.tasks.dataset_source import DatasetSource
from keras_bigmodel.tasks.fit_plan import BATCH_SIZE, FitPlan, resumed_training
from keras_bigmodel.tasks.output_rows import joined
from keras_bigmodel.tasks.recipe_compile import optimizer_and_loss
from keras_bigmodel.tasks.row_predictor import RowPredictor
from keras_bigmodel.tasks.sources import is_raw, source_of


class RawRowModel(keras.Model):
    """Trains on and answers raw rows, by a preprocessor and what a `Task` says of its kind; see there."""

    embedding_model = None  # the functional model that gives what `embed` returns

    def __init__(self, inputs, outputs, *, preprocessor, **kwargs):
        super().__init__(inputs, outputs, **kwargs)
        self.preprocessor = preprocessor
        # Not a part of the model: neither tracked nor saved.
        object.__setattr__(self, "_predictor", RowPredictor(self, self))

    def preprocess(self, rows):
        """Returns the model's inputs, dict of tensors, for one batch of rows; see `preprocessor.features_of`."""
        return self.preprocessor.features_of(rows)

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
            metrics: list of Keras metrics; they see what `predict` gives. `"auto"` is the task's.
            learning_rate: float. The recipe's peak rate. Defaults to 1e-4, or 1e-2 where the encoder is frozen.
            weight_decay: float. The recipe's weight decay. Defaults to 0.01.
            gradient_accumulation_steps: int. Batches that make one update of the recipe's optimizer. Defaults to 1.
            label_smoothing: float in [0, 1). Share of each label spread over all, in the recipe's loss. Defaults to 0.
            jit_compile: bool. Defaults to False: on CPUs XLA compiles every length anew and is slower.
            **kwargs: to `keras.Model.compile`.

        Raises:
            UserError: a loss object with `from_logits=False`; a part of the recipe together with what replaces it.
        """
        given = {"learning_rate": learning_rate, "weight_decay": weight_decay}
        given["gradient_accumulation_steps"] = gradient_accumulation_steps
        optimizer, loss = optimizer_and_loss(self, optimizer, loss, given, label_smoothing)
        self._predictor.forget()
        metrics = self.recipe_metrics() if isinstance(metrics, str) and metrics == "auto" else metrics
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, jit_compile=jit_compile, **kwargs)

    def compile_from_config(self, config):
        """Compiles as a saved `.keras` file says."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def fit(  # noqa: D417, the other arguments are described by Keras
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
        """Trains on raw rows; arguments as in `keras.Model.fit`, but for these.

        Args:
            x: rows (texts or pairs, say), a batched `tf.data.Dataset` of `(rows, targets[, weights])`, or a
                `TableStream`, whose features go to a file. Dicts of features, and datasets of them, go to Keras.
            y: targets, such as labels by name or number; None with a dataset or a stream.
            class_weight: dict of label (name or number) → weight; may come together with `sample_weight`.
            tokens_per_batch: int. Padded tokens in a batch at most, instead of `batch_size`.
            seed: int. Of the order of the rows. Defaults to a draw from Keras's seed.

        Raises:
            UserError: rows and targets do not fit the task or each other.
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
        how = {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch, "shuffle": shuffle, "seed": seed}
        how |= {"epochs": epochs, "initial_epoch": initial_epoch, "steps_per_epoch": steps_per_epoch}
        plan = FitPlan.of(self, source, validation_data, callbacks, **how)
        kwargs.update(initial_epoch=plan.initial_epoch, shuffle=False)  # the dataset shuffles itself
        with resumed_training(self, plan):
            super().fit(plan.dataset, callbacks=plan.callbacks, validation_data=plan.validation_data, **kwargs)
        return self.history

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, **kwargs):
        """Measures loss and metrics on raw rows; arguments as in `keras.Model.evaluate`.

        Raises:
            UserError: as `fit`.
        """
        if not is_raw(self.preprocessor, x):
            return super().evaluate(x, y, batch_size, verbose, sample_weight, **kwargs)
        if not self.compiled:
            self.compile()
        check_batch_size(batch_size=batch_size)
        dataset = source_of(self, x, y, sample_weight).measuring_dataset(batch_size=batch_size or BATCH_SIZE)
        return super().evaluate(dataset, verbose=verbose, **kwargs)

    def predict(self, x, batch_size=None, verbose=0, **kwargs):
        """Returns the outputs of raw rows, in the order given; arguments as in `keras.Model.predict`.

        `x` may be a `TableStream`. Without `batch_size` batches have as many rows as make 4,096 tokens.

        Returns:
            float32 array `(rows, ...)`, or a structure of arrays; where rows have lengths, filled up with 0.

        Raises:
            UserError: what came are no such rows.
        """
        if not is_raw(self.preprocessor, x):
            return super().predict(x, batch_size=batch_size, verbose=verbose, **kwargs)
        if kwargs.get("steps") is not None:
            raise UserError("steps came with texts; wanted all of them answered. Hand in fewer texts instead.")
        kwargs.pop("steps", None)
        how = {"batch_size": batch_size, "verbose": verbose, **kwargs}
        return joined([self._predictor.arrays(part, **how) for part in _parts_of(self, x)])

    def answers(self, x, batch_size=None, verbose=0, callbacks=None, **options):
        """Returns what `predict` gives, read: a list of answers such as `Prediction`, in the order of the rows.

        Args:
            x: as `predict`.
            batch_size: as `predict`.
            verbose: as `predict`.
            callbacks: as `predict`.
            **options: to the task's `answer_reader`: `top_k` of labels, say.

        Raises:
            UserError: as `predict`.
        """
        how = {"batch_size": batch_size, "verbose": verbose, "callbacks": callbacks}
        return [answer for part in _parts_of(self, x) for answer in self._answers(part, how, options)]

    def predict_stream(self, stream, batch_size=None, **kwargs):
        """Computes outputs of rows that are more than memory holds, some thousand at a time, in the order given.

        Args:
            stream: `keras_bigmodel.data.TableStream` (`with_labels=False` if it has none), or an iterable of what
                `predict` takes. Each part is sorted by length: give a thousand rows or more.
            batch_size: as `predict`.
            **kwargs: to `keras.Model.predict`.

        Yields:
            `(TableBlock or rows, array)`: a part, and what `predict` gives for it.

        Raises:
            UserError: what the stream refuses, when it gets there; a part is no list of rows.
        """
        for part in _stream_of(stream):
            yield part, self._predictor.arrays(_rows_in(part), batch_size=batch_size, **kwargs)

    def answer_stream(self, stream, batch_size=None, callbacks=None, **options):
        """Yields `(part, list of answers)`; arguments as `predict_stream` and `answers`."""
        for part in _stream_of(stream):
            yield part, self._answers(_rows_in(part), {"batch_size": batch_size, "callbacks": callbacks}, options)

    def _answers(self, rows, how, options):
        read = self.answer_reader()
        return [read(outputs, row, **options) for row, outputs in self._predictor.rows(rows, **how)]

    def embed(self, x, batch_size=None):
        """Returns one vector a row: what the head sees. Float32 array `(rows, hidden_dim)`.

        Args:
            x: as `predict`.
            batch_size: as `predict`.
        """
        if self.embedding_model is None:
            raise UserError(f"A {type(self).__name__} has no vectors of rows to give.")
        if "_embedder" not in self.__dict__:
            object.__setattr__(self, "_embedder", RowPredictor(self.embedding_model, self))
        return self._embedder.arrays(x, batch_size=batch_size).astype("float32")

    def quantize(self, *args, **kwargs):
        """Quantizes the weights; as `keras.Model.quantize`."""
        super().quantize(*args, **kwargs)
        self._predictor.forget()
        self.__dict__.pop("_embedder", None)

    def predict_step(self, data):
        """Returns one batch's outputs."""
        return self.outputs_from_logits(super().predict_step(data))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Updates the metrics, which see what `predict` gives."""
        return super().compute_metrics(x, y, self.outputs_from_logits(y_pred), sample_weight)


def _parts_of(task, data):
    """Yields the rows of each part of what is answered a part at a time, at least one."""
    if isinstance(data, TableStream):
        parts = map(_rows_in, data)
    elif isinstance(data, tf.data.Dataset):
        parts = DatasetSource(task.preprocessor, data, task.target_encoder).columns()
    else:
        parts = [data]
    number = 0
    for number, part in enumerate(parts, start=1):  # noqa: B007, counted
        yield part
    if not number:
        raise UserError("The dataset gave no batch; wanted at least one text.")


def _stream_of(data):
    """Returns what gives rows part by part.

    Raises:
        UserError: it gives none.
    """
    if isinstance(data, (str, bytes, dict)) or not hasattr(data, "__iter__"):
        raise UserError(
            f"{data!r:.60} ({type(data).__name__}) came; wanted a TableStream, or an iterable of lists of rows."
        )
    return data


def _rows_in(part):
    return part.inputs if isinstance(part, TableBlock) else part
