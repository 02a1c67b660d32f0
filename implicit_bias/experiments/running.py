"""Run an experiment's jobs, over as many sittings as it takes, and put together the report that ships."""

from __future__ import annotations

import json
import os
import platform
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from implicit_bias.errors import DataError, OptionError, OutputError
from implicit_bias.experiments.base import Experiment, Job, Json, Options
from implicit_bias.report import versions

SCHEMA = 1
Progress = Callable[[int, int, str], None]


def run(
    experiment: Experiment,
    options: Options,
    folder: str | os.PathLike[str],
    *,
    jobs: int = 1,
    resume: bool = False,
    progress: Progress | None = None,
) -> Json:
    """Run what has not been run, and return the report, which is also written to FOLDER/NAME.json, or NAME-PROTOCOL.json.

    Parameters
    ----------
    experiment : from :func:`implicit_bias.experiments.find`
    options : what to run
    folder : where results are kept, a file for each job as soon as it is done; checkpoints of jobs under way are there, too
    jobs : processes to share the jobs
    resume : go on with what is there; else a folder that has results of this experiment is refused
    progress : called with (done, all, name) after each job

    Raises
    ------
    OptionError
        If there are results or a report, and ``resume`` is not set.
    DataError
        If what is there is of other settings, or is damaged.
    OutputError
        If the folder cannot be written.
    """
    wanted, known = kept(experiment, options, folder, resume)
    place = Path(folder) / experiment.name
    missing = [job for job in wanted if known[job.name] is None]
    done = len(wanted) - len(missing)
    for name, result in _worked(experiment, missing, place, jobs):
        known[name] = result
        done += 1
        if progress is not None:
            progress(done, len(wanted), name)
    results = [found for job in wanted if (found := known[job.name]) is not None]
    report = assembled(experiment, options, results)
    _write(Path(folder) / f"{experiment.report_name(options)}.json", report)
    shutil.rmtree(_checkpoints(place), ignore_errors=True)
    return report


def kept(
    experiment: Experiment, options: Options, folder: str | os.PathLike[str], resume: bool
) -> tuple[list[Job], dict[str, Json | None]]:
    """Return the jobs, and the results that are there by their names; raises what :func:`run` does, before anything runs."""
    wanted = experiment.jobs(experiment.checked(options))
    place = Path(folder) / experiment.name
    report = Path(folder) / f"{experiment.report_name(options)}.json"
    _make(place)
    if report.is_dir():
        raise OutputError(f"{report} cannot be written: it is a directory.")
    known = {job.name: _read(place, job) for job in wanted}
    # the report may be there without these jobs' results
    if not resume and (report.exists() or _checkpoints(place).is_dir() or any(found is not None for found in known.values())):
        raise OptionError(f"{place} has results already; add --resume to go on, or name another folder.")
    return wanted, known


def assembled(experiment: Experiment, options: Options, results: list[Json]) -> Json:
    """Return the report: everything that is needed to read, to draw and to repeat an experiment."""
    return {
        "schema": SCHEMA,
        "experiment": experiment.name,
        "source": experiment.source,
        "reported": experiment.reported,
        "options": {"quick": options.quick, "protocol": options.protocol, "seeds": options.seeds, "data": options.data},
        "versions": versions(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "seconds": round(sum(result["seconds"] for result in results), 1),
        "jobs": [{"settings": result["settings"], "result": _small(result["result"])} for result in results],
        "summary": experiment.summarise(results),
    }


def _small(result: Json) -> Json:
    """Leave out what is long: the summary keeps the curves that a picture needs."""
    return {key: value for key, value in result.items() if not isinstance(value, (list, dict))}


def _worked(experiment: Experiment, missing: list[Job], place: Path, jobs: int) -> Iterator[tuple[str, Json]]:
    if jobs == 1 or len(missing) < 2:
        for job in missing:
            yield _work(experiment, job, place)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=min(jobs, len(missing)), return_as="generator_unordered")(
        delayed(_work)(experiment, job, place) for job in missing
    )


def _work(experiment: Experiment, job: Job, place: Path) -> tuple[str, Json]:
    began = time.perf_counter()
    result = experiment.work(job.settings, _checkpoints(place) / job.name)
    found = {"settings": job.settings, "result": result, "seconds": round(time.perf_counter() - began, 2)}
    _write(place / f"{job.name}.json", found)
    return job.name, found


def _checkpoints(place: Path) -> Path:
    return place / "checkpoints"


def _make(place: Path) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"{place} cannot be made: {getattr(error, 'strerror', None) or error}.") from error
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputError(f"{place} cannot be written: it is write-protected.")


def _read(place: Path, job: Job) -> Json | None:
    path = place / f"{job.name}.json"
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a result; delete it to run that job again.") from error
    if not (isinstance(found, dict) and isinstance(found.get("result"), dict) and isinstance(found.get("seconds"), (int, float))):
        raise DataError(f"{path} is no whole result; delete it to run that job again.")
    if found.get("settings") != json.loads(json.dumps(job.settings)):
        raise DataError(f"{path} is the result of other settings; name another folder.")
    return found


def _write(path: Path, content: Json) -> None:
    temporary = path.with_name(f".implicit-bias-{secrets.token_hex(8)}.json")
    try:
        temporary.write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)
