"""What an experiment is: jobs that can be run in any order, on any day, and a summary of what they found.

A job's settings and result are plain JSON values, so that results can be kept, shipped and read anywhere.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from implicit_bias.errors import DataError, OptionError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Json = dict[str, Any]
PROTOCOLS = ("paper", "released-code")
MOST_SEEDS = 10_000


@dataclass(frozen=True)
class Options:
    """What a user may choose.

    Attributes
    ----------
    quick : whether to run in a size that takes about a minute
    protocol : "paper" or "released-code", where an experiment has both
    seeds : how many random starts; None: as many as the paper
    data : an .npz file of the user's own points, where an experiment takes one; None: its own data
    """

    quick: bool = False
    protocol: str = "paper"
    seeds: int | None = None
    data: str | None = None


@dataclass(frozen=True)
class Job:
    """One piece of work: a name that serves as a file's, and everything that its result depends on."""

    name: str
    settings: Json


def no_projection(options: Options, jobs: int) -> list[str]:
    """Say nothing beforehand: it takes minutes."""
    return []


@dataclass(frozen=True)
class Experiment:
    """An experiment of a paper.

    Attributes
    ----------
    name : what the user types
    title, source : for people
    reported : what the paper reports, in a sentence
    jobs : options -> jobs
    work : (settings, folder for checkpoints) -> result of one job
    summarise : list of {"settings", "result", "seconds"} -> what came out, in plain numbers, with whatever a picture needs
    describe : summary -> the lines of a table
    protocols : those that it has
    project : (options, processes) -> lines that say how long it will take, of those that take long
    data : whether it takes a user's data
    figure : summary -> its picture, as a function or as "module:function", which is imported when something is drawn; None: no picture
    """

    name: str
    title: str
    source: str
    reported: str
    jobs: Callable[[Options], list[Job]]
    work: Callable[[Json, Path], Json]
    summarise: Callable[[list[Json]], Json]
    describe: Callable[[Json], list[str]]
    protocols: tuple[str, ...] = ("paper",)
    project: Callable[[Options, int], list[str]] = no_projection
    data: bool = False
    figure: Callable[[Json], Figure] | str | None = None

    def draw(self, summary: Json) -> Figure:
        """Return the picture of a summary; raises DataError if there is none of this experiment."""
        if self.figure is None:
            raise DataError(f"The experiment {self.name!r} has no picture.")
        if not isinstance(self.figure, str):
            return self.figure(summary)
        module, _, function = self.figure.partition(":")
        figure: Figure = getattr(importlib.import_module(module), function)(summary)
        return figure

    def report_name(self, options: Options) -> str:
        """Return the name of the report's files: each protocol has its own, and each file of a user's data."""
        marks = [] if options.protocol == self.protocols[0] else [options.protocol]
        marks += [] if options.data is None else [Path(options.data).stem]
        return "-".join([self.name, *marks])

    def checked(self, options: Options) -> Options:
        """Return the options; raises OptionError on what this experiment does not have, and on too few or many seeds."""
        if options.protocol not in self.protocols:
            there = " and ".join(self.protocols)
            raise OptionError(f"{self.name} has the protocol{'s' if len(self.protocols) > 1 else ''} {there}, not {options.protocol!r}.")
        if options.data is not None and not self.data:
            raise OptionError(f"{self.name} takes no data of yours.")
        if options.seeds is not None and not 1 <= options.seeds <= MOST_SEEDS:
            raise OptionError(f"seeds must be from 1 to {MOST_SEEDS}, not {options.seeds}.")
        return options


def seeds_of(options: Options, full: int, quick: int) -> range:
    """Return the seeds to run."""
    return range(options.seeds if options.seeds is not None else quick if options.quick else full)
