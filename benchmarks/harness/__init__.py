"""What runs the sides in turn and makes figures of what they print. Standard library only, so that it stays small.

A process's peak memory counts what its parent held when it was forked, so nothing heavy is imported before the runs.
"""
