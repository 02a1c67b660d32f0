"""The errors of the toolkit: one small tree, split by what the user has to change.

Everything that goes wrong *before* a backend starts is one of these. What happens afterwards is a
:class:`~implicit_bias.solution.Status`, never an exception.
"""


class ImplicitBiasError(Exception):
    """Base of every error that the toolkit raises on purpose."""


class DataError(ImplicitBiasError, ValueError):
    """Change the data: values, shapes, duplicates or scale cannot be used."""


class OptionError(ImplicitBiasError, ValueError):
    """Change an option: a setting is unknown, out of range, or does not go with the others."""


class BackendError(ImplicitBiasError):
    """Change the backend: it is unknown, not installed, or not made for this problem."""


class OutputError(ImplicitBiasError, OSError):
    """Change the output path: the result cannot be written there."""
