"""The errors that a person reads. Each says what came, what was wanted and what to do; knows nothing else."""

_LONGEST = 2000  # characters


class UserError(ValueError):
    r"""Something that the user gave cannot be used; the message is one sentence that says what to do.

    On the command line it ends the program with exit code 2 and is printed without a traceback (`--debug` shows it).
    What is quoted in the message may be a stranger's: control characters are escaped, and the middle of a message of
    more than 2,000 characters is left out.

    >>> print(UserError("No file a\x1b[2J.csv. Check the name."))
    No file a\x1b[2J.csv. Check the name.
    """

    def __init__(self, message):
        message = "".join(_visible(letter) for letter in str(message))
        if len(message) > _LONGEST:
            message = f"{message[: _LONGEST // 2]} … {message[-_LONGEST // 2 :]}"
        super().__init__(message)


def _visible(letter):
    is_control = letter < " " or "\x7f" <= letter < "\xa0" or "\u2028" <= letter <= "\u202e"
    return letter.encode("unicode_escape").decode() if is_control else letter
