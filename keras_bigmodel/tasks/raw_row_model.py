"""Defines a `keras.Model` whose methods also take raw rows. Knows sources and steps; no kind of task."""

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.length_batches import check_batch_size
from keras_bigmodel.tables import TableBlock, TableStream
from keras_bigmodel.tasks.dataset_source import DatasetSource
from keras_bigmodel.tasks.fit_plan import BATCH_SIZE, FitPlan, resumed_training
from keras_bigmodel.tasks.output_rows import join_outputs
from keras_bigmodel.tasks.recipe_compile import optimizer_and_loss
from keras_bigmodel.tasks.row_predictor import RowPredictor
from keras_bigmodel.tasks.sources import is_raw, source_of


class RawRowModel(keras.Model):
    """Trains and predicts on raw rows, by a preprocessor and the methods that a `Task` defines; see there.

    Args:
        inputs: as in `Task`.
        outputs: as in `Task`.
        preprocessor: `Preprocessor` that converts raw rows to the inputs.
        **kwargs: other arguments of `keras.Model`.
    """

    embedding_model = None  # the functional model that computes what `embed` returns

    def __init__(self, inputs, outputs, *, preprocessor, **kwargs):
        super().__init__(inputs, outputs, **kwargs)
        self.preprocessor = preprocessor
        # Not a part of the model: neither tracked nor saved.
        object.__setattr__(self, "_predictor", RowPredictor(self, self))

    def preprocess(self, rows):
        """Returns the model's inputs for one batch of rows: dict of input name → tensor.

        Args:
            rows: rows in a form that `preprocessor.features_of` accepts.

        Raises:
            UserError: the rows have another form.
        """
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
        """Configures training; the default arguments are the recipe of this package.

        Args:
            optimizer: Keras optimizer or its name, which is used unchanged. Defaults to `"auto"`: AdamW with warm-up
                and decay of the learning rate.
            loss: Keras loss on logits, or its name (then with `from_logits=True`). Defaults to `"auto"`: the task's.
            metrics: list of Keras metrics on the outputs of `predict`. Defaults to `"auto"`: those of the task.
            learning_rate: float. Peak learning rate of the recipe. Defaults to 1e-4, or 1e-2 if the encoder is frozen.
            weight_decay: float. Weight decay of the recipe. Defaults to 0.01.
            gradient_accumulation_steps: int. Number of batches per update of the recipe's optimizer. Defaults to 1.
            label_smoothing: float in [0, 1). Share of each label that the recipe's loss spreads over all labels.
                Defaults to 0.
            jit_compile: bool. Defaults to False: on CPUs XLA compiles every length anew and is slower.
            **kwargs: other arguments of `keras.Model.compile`.

        Raises:
            UserError: the loss expects probabilities, an argument of the recipe is out of its range, or one is given
                together with an optimizer or a loss that replaces the recipe's.
        """
        given = {"learning_rate": learning_rate, "weight_decay": weight_decay}
        given["gradient_accumulation_steps"] = gradient_accumulation_steps
        optimizer, loss = optimizer_and_loss(self, optimizer, loss, given, label_smoothing)
        self._predictor.clear_graph()
        metrics = self.recipe_metrics() if isinstance(metrics, str) and metrics == "auto" else metrics
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, jit_compile=jit_compile, **kwargs)

    def compile_from_config(self, config):
        """Compiles the model as a saved `.keras` file describes.

        Args:
            config: dict that Keras's `get_compile_config` returned.
        """
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
        """Trains on raw rows; arguments as in `keras.Model.fit`, except for these.

        Args:
            x: rows (texts or pairs, for example), a batched `tf.data.Dataset` of `(rows, targets[, weights])`, or a
                `TableStream`, whose features are stored in a file. Dicts of features, and datasets of them, are passed
                to Keras.
            y: targets, such as label names or numbers. None with a dataset or a stream.
            class_weight: dict of label (name or number) → weight. It may be combined with `sample_weight`.
            tokens_per_batch: int. Maximum number of padded tokens in a batch, instead of `batch_size`.
            seed: int. Seed of the order of the rows. Defaults to a number drawn with Keras's seed.

        Returns:
            `keras.callbacks.History`.

        Raises:
            UserError: the rows or targets do not fit the task or each other, or another argument is not accepted.
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
        """Evaluates loss and metrics on raw rows; arguments and result as in `keras.Model.evaluate`.

        `x` may have the same forms as in `fit`.

        Raises:
            UserError: as `fit`.
        """
        if not is_raw(self.preprocessor, x):
            return super().evaluate(x, y, batch_size, verbose, sample_weight, **kwargs)
        if not self.compiled:
            self.compile()
        check_batch_size(batch_size=batch_size)
        dataset = source_of(self, x, y, sample_weight).evaluation_dataset(batch_size=batch_size or BATCH_SIZE)
        return super().evaluate(dataset, verbose=verbose, **kwargs)

    def predict(self, x, batch_size=None, verbose=0, **kwargs):
        """Returns the outputs of raw rows, in the order given; arguments as in `keras.Model.predict`.

        `x` may also be a batched dataset or a `TableStream`. Without `batch_size`, a batch has at most 4,096 padded
        tokens, or 32 rows if rows have no lengths.

        Returns:
            float32 array `(rows, ...)`, or a structure of arrays. Outputs as long as the row are padded with 0.

        Raises:
            UserError: the task does not accept the rows, or `steps` is given.
        """
        if not is_raw(self.preprocessor, x):
            return super().predict(x, batch_size=batch_size, verbose=verbose, **kwargs)
        if kwargs.get("steps") is not None:
            raise UserError("steps came with texts; wanted all of them answered. Hand in fewer texts instead.")
        kwargs.pop("steps", None)
        how = {"batch_size": batch_size, "verbose": verbose, **kwargs}
        return join_outputs([self._predictor.arrays(part, **how) for part in _parts_of(self, x)])

    def answers(self, x, batch_size=None, verbose=0, callbacks=None, **options):
        """Returns the outputs of `predict` as answers, such as `Prediction`.

        Args:
            x: as in `predict`.
            batch_size: as in `predict`.
            verbose: as in `predict`.
            callbacks: as in `predict`.
            **options: arguments of the task's `answer_reader`, such as `top_k`.

        Returns:
            list of answers, in the order of the rows.

        Raises:
            UserError: as `predict`.
        """
        how = {"batch_size": batch_size, "verbose": verbose, "callbacks": callbacks}
        return [answer for part in _parts_of(self, x) for answer in self._answers(part, how, options)]

    def predict_stream(self, stream, batch_size=None, **kwargs):
        """Computes the outputs of more rows than memory holds, part by part, in the order given.

        Args:
            stream: `keras_bigmodel.data.TableStream` (with `with_labels=False` if the table has no labels), or iterable
                of parts, each in a form that `predict` accepts. Batches are sorted by length within a part, so a part
                should have a thousand rows or more.
            batch_size: as in `predict`.
            **kwargs: other arguments of `keras.Model.predict`.

        Yields:
            `(TableBlock or rows, array)`: a part, and the outputs of `predict` for it.

        Raises:
            UserError: the stream or a part is not accepted, or the stream cannot read a row; it is raised when that
                part is reached.
        """
        for part in _stream_of(stream):
            yield part, self._predictor.arrays(_rows_in(part), batch_size=batch_size, **kwargs)

    def answer_stream(self, stream, batch_size=None, callbacks=None, **options):
        """Yields the answers for more rows than memory holds, part by part, in the order given.

        Args:
            stream: as in `predict_stream`.
            batch_size: as in `predict`.
            callbacks: as in `predict`.
            **options: as in `answers`.

        Yields:
            `(TableBlock or rows, list of answers)`: a part, and the answers for it.

        Raises:
            UserError: as `predict_stream`.
        """
        for part in _stream_of(stream):
            yield part, self._answers(_rows_in(part), {"batch_size": batch_size, "callbacks": callbacks}, options)

    def _answers(self, rows, how, options):
        read = self.answer_reader()
        found = list(self._predictor.rows(rows, **how))
        details = self.row_details([row for row, _ in found])
        return [read(outputs, {**row, **more}, **options) for (row, outputs), more in zip(found, details, strict=True)]

    def row_details(self, rows):
        """Returns what the answer reader needs to know of rows besides their columns; nothing here.

        Args:
            rows: list of dict of column → value.

        Returns:
            list of dict, one per row.
        """
        return [{}] * len(rows)

    def embedder(self):
        """Returns the object whose `preprocessor` reads the rows of `embedding_model`; here the task itself.

        Not a property: Keras reads all properties of a model that it saves.
        """
        return self

    def embed(self, x, batch_size=None):
        """Returns one vector per row, the input of the head.

        Args:
            x: rows of `embedder`, by default as in `predict`; no dataset and no stream.
            batch_size: as in `predict`.

        Returns:
            float32 array `(rows, hidden_dim)`.

        Raises:
            UserError: the task has no such vectors; or as `predict`.
        """
        if self.embedding_model is None:
            raise UserError(f"A {type(self).__name__} has no vectors of rows to give.")
        if "_embedder" not in self.__dict__:
            object.__setattr__(self, "_embedder", RowPredictor(self.embedding_model, self.embedder()))
        return self._embedder.arrays(x, batch_size=batch_size).astype("float32")

    def quantize(self, *args, **kwargs):
        """Quantizes the weights; arguments as in `keras.Model.quantize`."""
        super().quantize(*args, **kwargs)
        self._predictor.clear_graph()
        self.__dict__.pop("_embedder", None)

    def predict_step(self, data):
        """Returns the outputs of one batch, which Keras passes as `data`."""
        return self.outputs_from_logits(super().predict_step(data))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Updates the metrics with the outputs of `predict`, and returns their results; see `keras.Model`."""
        return super().compute_metrics(x, y, self.outputs_from_logits(y_pred), sample_weight)


def _parts_of(task, data):
    """Yields the rows of each part of a dataset or a stream; other data are one part.

    Raises:
        UserError: there is no part.
    """
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
    """Returns a `TableStream` or another iterable of parts.

    Raises:
        UserError: the data are not an iterable of parts.
    """
    if isinstance(data, (str, bytes, dict)) or not hasattr(data, "__iter__"):
        raise UserError(
            f"{data!r:.60} ({type(data).__name__}) came; wanted a TableStream, or an iterable of lists of rows."
        )
    return data


def _rows_in(part):
    return part.inputs if isinstance(part, TableBlock) else part
