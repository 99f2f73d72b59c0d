"""The activations that layers take by name: those of Keras, and BERT's original GELU. Knows no layer."""

import keras

GELU_TANH = "gelu_tanh"


@keras.saving.register_keras_serializable("keras_bigmodel")
def gelu_tanh(x):
    """Applies GELU in its tanh form: `0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))`.

    It differs from the erf form (`"gelu"`) by at most 5e-4. Google's own BERT, and the modules of TF-Hub, use it.

    Args:
        x: tensor of any shape.

    Returns:
        Tensor of the same shape and dtype.

    Source: Hendrycks and Gimpel, 2016, "Gaussian error linear units"; google-research/bert, `modeling.py`.
    """
    return keras.activations.gelu(x, approximate=True)


def activation_of(identifier):
    """Returns the activation function of a name, or of what `keras.activations.get` accepts.

    Args:
        identifier: `"gelu_tanh"`; or str, dict or callable as in Keras.

    Returns:
        callable, or None for None.

    Raises:
        ValueError: Keras does not know the name.
    """
    return gelu_tanh if identifier == GELU_TANH else keras.activations.get(identifier)


def name_of(activation):
    """Returns what `activation_of` accepts for a function, in the form that a configuration stores: str or dict.

    Args:
        activation: callable.
    """
    return GELU_TANH if activation is gelu_tanh else keras.activations.serialize(activation)
