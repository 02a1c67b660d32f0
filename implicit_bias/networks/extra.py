"""What training needs beyond the package's own requirements, and the sentence where it is not installed."""

from __future__ import annotations

import importlib.util

from implicit_bias.errors import OptionError

_NEEDED = ("jax", "numba", "optax")


def require() -> None:
    """Raise OptionError if what training needs is not installed."""
    missing = [name for name in _NEEDED if not _installed(name)]
    if missing:
        raise OptionError(f"Training networks needs {', '.join(missing)}; install with: pip install 'implicit-bias[networks]'.")


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # somebody put None in its place
        return False
