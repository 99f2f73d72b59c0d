"""The settings of a training run. Knows no TensorFlow."""

import math
from dataclasses import dataclass, fields

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.settings import option_of
from keras_bigmodel.pipeline.fit_settings import FitSettings
from keras_bigmodel.pipeline.table_settings import TableSettings
from keras_bigmodel.pipeline.task_settings import TaskSettings

_PARTS = (TableSettings, TaskSettings, FitSettings)


@dataclass(frozen=True, kw_only=True)
class TrainSettings(FitSettings, TaskSettings, TableSettings):
    """What a person decides about a run; the same names in Python, on the command line and in a settings file.

    Raises:
        UserError: a number outside its range, or settings that contradict each other.
    """

    def __post_init__(self):
        options = {entry.name: option_of(entry) for entry in fields(self)}
        for part in _PARTS:
            for name, (good, wanted) in part.checks(self).items():
                if not good or not math.isfinite(getattr(self, name) or 0):
                    raise UserError(f"{options[name]} {getattr(self, name)} came; wanted {wanted}.")
        self.check_together()
