"""Tables that can be added to: methods, backends, losses, claims, experiments, pictures.

A table is what the toolkit ships, in order of preference; a user's own row is registered by one call and is then found, judged and
listed like the others:

>>> from implicit_bias.registry import Registry
>>> shapes = Registry("shape", str.lower, ["Circle"])
>>> shapes.register("Square")
'Square'
>>> shapes.names(), shapes.find("square")
(('circle', 'square'), 'Square')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeVar

from implicit_bias.errors import ImplicitBiasError, OptionError

T = TypeVar("T")
MOST_NAMED = 12
"""A refusal names all rows of a table up to this many."""


def missing(kind: type, names: Iterable[str] = ()) -> list[str]:
    """Return the methods that a class leaves abstract, and which of these attributes it lacks."""
    abstract = sorted(getattr(kind, "__abstractmethods__", ()))
    return [*abstract, *(name for name in names if not hasattr(kind, name) and name not in abstract)]


class Registry(Generic[T]):
    """Rows in order of preference, each with a name of its own.

    Parameters
    ----------
    noun : str
        What a row is, for refusals: "method".
    name_of : callable
        row -> its name.
    rows : iterable of rows
        What the toolkit ships.
    later : mapping, optional
        Names of rows that are made when they are first asked for: name -> function without arguments that returns the row.
    error : type of ImplicitBiasError
        What is raised for a name that no row has.
    refusal : callable, optional
        object -> why it is no row, as a sentence; None if it is one. A wrong row would break every later look into the table.
    """

    def __init__(
        self,
        noun: str,
        name_of: Callable[[T], str],
        rows: Iterable[T] = (),
        later: Mapping[str, Callable[[], T]] | None = None,
        error: type[ImplicitBiasError] = OptionError,
        refusal: Callable[[object], str | None] | None = None,
    ) -> None:
        self.noun, self._name_of, self._error, self._refusal = noun, name_of, error, refusal
        self._rows: dict[str, T] = {}
        self._later: dict[str, Callable[[], T]] = dict(later or {})
        self._names: tuple[str, ...] = tuple(self._later)
        for row in rows:
            self.register(row)

    def register(self, row: T, first: bool = False) -> T:
        """Add a row, after all others or before them, and return it.

        Raises
        ------
        OptionError
            If there is a row of that name, or this is no row.
        """
        if self._refusal is not None and (why := self._refusal(row)) is not None:
            raise OptionError(why)
        name = self._name_of(row)
        if name in self._names:
            raise OptionError(f"There is a {self.noun} {name!r} already.")
        self._rows[name] = row
        self._names = (name, *self._names) if first else (*self._names, name)
        return row

    def remove(self, name: str) -> None:
        """Take a row out again."""
        self.find(name)
        self._names = tuple(other for other in self._names if other != name)
        self._rows.pop(name, None)
        self._later.pop(name, None)

    @contextmanager
    def having(self, row: T, first: bool = False) -> Iterator[T]:
        """Have a row for the length of a ``with`` statement."""
        self.register(row, first)
        try:
            yield row
        finally:
            self.remove(self._name_of(row))

    def names(self) -> tuple[str, ...]:
        """Return the names, in order; nothing is made for that."""
        return self._names

    def find(self, name: str) -> T:
        """Return the row of a name, or raise the table's error with a hint."""
        if name not in self._names:
            import difflib  # only for typos

            close = difflib.get_close_matches(str(name), self._names, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            named = "" if close and len(self._names) > MOST_NAMED else f" There are {', '.join(self._names)}."
            raise self._error(f"There is no {self.noun} {name!r}.{hint}{named}")
        if name not in self._rows:
            self._rows[name] = self._later[name]()
        return self._rows[name]

    def __iter__(self) -> Iterator[T]:
        return (self.find(name) for name in self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names
