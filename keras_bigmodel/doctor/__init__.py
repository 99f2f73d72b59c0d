"""Examines a SavedModel or a LiteRT file of anyone, and says what will not work where. Changes nothing."""

from keras_bigmodel.doctor.examination import Examination, Finding
from keras_bigmodel.doctor.examine import examine

__all__ = ["Examination", "Finding", "examine"]
