"""Runs the `bigmodel` command as `python -m keras_bigmodel`."""

from keras_bigmodel.cli.main import main

main()
