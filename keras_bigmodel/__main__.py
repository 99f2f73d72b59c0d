"""Lets `python -m keras_bigmodel` be `bigmodel`."""

from keras_bigmodel.cli.main import main

main()
