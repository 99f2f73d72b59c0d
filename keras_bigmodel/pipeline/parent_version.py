"""The version that a run begins from. Knows settings and version folders; no kind of task."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.versions import version_numbers


def parent_of(settings):
    """Gives the number of the version that a run begins from, None for the encoder.

    Raises:
        UserError: the settings say `--continue` and there is no version.
    """
    if not settings.from_last:
        return None
    if not version_numbers(settings.out):
        raise UserError(
            f"{settings.out} holds no version to continue from. Leave --continue out to begin from the encoder."
        )
    return version_numbers(settings.out)[-1]
