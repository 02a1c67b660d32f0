"""Checkpoints: a run's arrays in a file that appears whole or not at all, and is taken back whole or not at all."""

from __future__ import annotations

import os
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from implicit_bias.errors import DataError, OutputError
from implicit_bias.networks.initializations import Layers

_KEY = "fingerprint"


def folder(given: str | os.PathLike[str]) -> Path:
    """Return a folder for checkpoints, made if there is none."""
    path = Path(given)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{given} cannot be used for checkpoints: {error.strerror}.") from error
    return path


def save(path: Path, fingerprint: str, arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint in place of the one before."""
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(8)}.npz")
    try:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_KEY: np.array(fingerprint)}, **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def load(path: Path, fingerprint: str) -> dict[str, Any] | None:
    """Return a checkpoint's arrays, None where there is none.

    Raises
    ------
    DataError
        If it is truncated, no checkpoint at all, or that of another run.
    """
    try:
        with path.open("rb") as file:
            stored = np.load(file, allow_pickle=False)
            if not isinstance(stored, np.lib.npyio.NpzFile):
                raise ValueError("one array, no archive of several")
            with stored:
                arrays = {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is truncated or no checkpoint; delete it to start anew.") from error
    if _KEY not in arrays or str(arrays.pop(_KEY)) != fingerprint:
        raise DataError(f"{path} is the checkpoint of another run (other data, settings or seed); name another folder or delete it.")
    return arrays


def as_arrays(snapshots: Mapping[int, Layers]) -> dict[str, Any]:
    """Return snapshots, by epoch, as arrays by name."""
    return {
        f"snapshot_{epoch}_{i}_{kind}": part
        for epoch, layers in snapshots.items()
        for i, layer in enumerate(layers)
        for kind, part in zip("wb", layer, strict=True)
    }


def snapshots_of(saved: Mapping[str, Any], count: int) -> dict[int, Layers]:
    """Return the snapshots among a checkpoint's arrays, of so many layers each; raises KeyError if one lacks an array."""
    epochs = sorted({int(name.split("_")[1]) for name in saved if name.startswith("snapshot_")})
    return {epoch: tuple((saved[f"snapshot_{epoch}_{i}_w"], saved[f"snapshot_{epoch}_{i}_b"]) for i in range(count)) for epoch in epochs}
