"""Run claims: draw instances, check them, check the controls, and give verdicts."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Integral
from types import MappingProxyType
from typing import Any

import numpy as np

from implicit_bias.claims.base import UNAVAILABLE, Claim, Outcome, Rng, Verdict
from implicit_bias.claims.instances import thinned
from implicit_bias.data import Dataset, images
from implicit_bias.errors import OptionError
from implicit_bias.networks import require

EXTRAS: Mapping[str, Callable[[], None]] = MappingProxyType({"images": images.require, "networks": require})
"""What claims may require: functions that raise OptionError, with a sentence on what to do, if it is not installed."""

CONTROLS = 3
"""How many controls are drawn for each claim; every one must be rejected."""


def verify(
    claims: Sequence[Claim],
    *,
    data: Dataset | None = None,
    instances: int = 20,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[Verdict], None] | None = None,
) -> list[Verdict]:
    """Check claims on instances and on controls.

    Parameters
    ----------
    claims : from :func:`implicit_bias.claims.find`
    data : Dataset, optional
        Makes the instances, in place of random data, of every claim that is about data. Of these it uses at most
        ``MAX_POINTS`` points, spread evenly over the rows, no two closer than ``MIN_GAP`` of the range (the checks
        solve linear programs with several dense rows a point), in units that are powers of two. Fixed counterexamples
        are checked all the same, and controls are always the claims' own: they test the check, not the data.
    instances : how many to draw for each claim, at least 1 (one where the user's data leave nothing to chance)
    seed : of the random numbers, at least 0. The i-th instance depends on the seed, the claim's name and i only.
    jobs : processes to share the claims; verdicts are the same for any number of them
    progress : called with each verdict, in the order of ``claims``

    Returns
    -------
    list of Verdict, in the order of ``claims``

    Raises
    ------
    OptionError
    """
    _check_whole("instances", instances, 1)
    _check_whole("seed", seed, 0)
    _check_whole("jobs", jobs, 1)
    points = None if data is None else thinned(data)
    verdicts = []
    for verdict in _verdicts(claims, points, instances, seed, jobs):
        verdicts.append(verdict)
        if progress is not None:
            progress(verdict)
    return verdicts


def _check_whole(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise OptionError(f"{name} must be a whole number of at least {least}, not {value!r}.")


def _verdicts(claims: Sequence[Claim], data: Dataset | None, instances: int, seed: int, jobs: int) -> Iterator[Verdict]:
    if jobs == 1 or len(claims) < 2:
        return (verdict_of(claim, data, instances, seed) for claim in claims)
    from joblib import Parallel, delayed

    run = Parallel(n_jobs=min(jobs, len(claims)), return_as="generator")
    verdicts: Iterator[Verdict] = run(delayed(verdict_of)(claim, data, instances, seed) for claim in claims)
    return verdicts


def verdict_of(claim: Claim, data: Dataset | None, instances: int, seed: int) -> Verdict:
    """Check one claim on its fixed cases, on instances and on controls; ``data`` is thinned already."""
    lacking = missing(claim)
    if lacking:
        return Verdict(claim, UNAVAILABLE, 0, 0, math.nan, None, None, 0.0, " ".join(lacking))
    began = time.perf_counter()
    if claim.data_use == "never":
        data = None
    if data is not None and claim.data_use == "one instance":
        instances = 1
    outcomes = [claim.check(case) for case in claim.fixed()]
    outcomes += [claim.check(claim.draw(_rng(seed, claim, i, 0), data)) for i in range(instances)]
    controls = [claim.check(claim.control(_rng(seed, claim, i, 1))) for i in range(CONTROLS)]
    refuted = sum(claim.refuted(found.error) for found in outcomes)
    return Verdict(
        claim,
        claim.word(refuted > 0),
        len(outcomes),
        refuted,
        _worst(outcomes),
        min((found.slack for found in outcomes if found.slack is not None), default=None),
        all(claim.rejects(found.error) for found in controls),
        time.perf_counter() - began,
    )


def missing(claim: Claim) -> list[str]:
    """Return a sentence for each extra that a claim requires and that is not installed."""
    sentences = []
    for extra in claim.requires:
        try:
            EXTRAS[extra]()
        except OptionError as error:
            sentences.append(str(error))
    return sentences


def _worst(outcomes: Sequence[Outcome]) -> float:
    errors = [found.error for found in outcomes]
    return math.nan if any(math.isnan(error) for error in errors) else max(errors)


def _rng(seed: int, claim: Claim, i: int, stream: int) -> Rng:
    return np.random.default_rng([int(seed), zlib.crc32(claim.name.encode()), i, stream])
