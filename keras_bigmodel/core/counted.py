"""A number of things, as a sentence says it. Knows plurals; nothing else."""

_PLURALS = {"class": "classes", "batch": "batches"}


def counted(number, thing):
    """Returns a number and its thing in the singular or the plural.

    >>> counted(1, "row"), counted(2, "class"), counted(1802, "text")
    ('1 row', '2 classes', '1,802 texts')
    """
    return f"{number:,} {thing if number == 1 else _PLURALS.get(thing, f'{thing}s')}"
