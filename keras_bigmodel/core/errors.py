"""The errors that a person reads. Each says what came, what was wanted and what to do; knows nothing else."""


class UserError(ValueError):
    """Something that the user gave cannot be used; the message is one sentence that says what to do.

    On the command line it ends the program with exit code 2 and is printed without a traceback (`--debug` shows it).
    """
