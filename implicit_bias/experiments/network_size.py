"""Neyshabur, Tomioka and Srebro, section 2: more hidden units than training needs do not over-fit.

Networks of H units are trained on images with the paper's optimiser, on three variants of the labels: as they are; *censored*, by a
network of 4 units that was trained on everything; and censored with 5 % of all labels changed to another class. Beyond the paper, a
fourth has the first one's labels and a small start. Each repetition draws its own split, changes, start and batches, the same for every
H, so that errors at two sizes are compared in pairs. From the size on at which every network fits all its training points, each
step's increase in the test error has a 95 % interval (Student's, of the pairs).

Beside the errors: each network's norms, and the margins that they buy; and in a plane the certified optimum of the convex network.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from implicit_bias.data.images import Images, digits, load_images, mnist
from implicit_bias.errors import DataError
from implicit_bias.experiments import plane_digits
from implicit_bias.experiments.base import Experiment, Job, Json, Options, seeds_of
from implicit_bias.experiments.sizes import described, summarised
from implicit_bias.networks import BatchRun, Scaled, train_in_batches
from implicit_bias.networks.losses import margins
from implicit_bias.networks.sgd.batches import PAPER_START
from implicit_bias.numerics.arrays import freeze

ORIGINAL, CENSORED, NOISY, SMALL_START = "original", "censored", "noisy", "small-start"
VARIANTS = (ORIGINAL, CENSORED, NOISY, SMALL_START)
"""The paper's three, and the first from a start that is ``SMALL`` times as large, so that a network's norm is what training made it."""

SMALL = 0.1

SIZES = tuple(2**i for i in range(1, 13))
"""H, up to twice as many units as MNIST has training points here."""

DECAYS = (3e-4, 1e-3, 3e-3)
"""Weight decays, one of which the validation error chooses; on the original labels, as in the paper."""

CENSOR, NOISE = 4, 0.05
"""Units of the network that censors, H₀, and the share of labels that are changed."""

EPOCHS = 400
"""The step is then 0.0018, and all steps to come together 1.8 % of all: what is called convergence here."""

EVERY = 5
"""Epochs between two looks at the validation error."""

_QUICK_SIZES, _QUICK_EPOCHS, _QUICK_DECAYS = (4, 8, 16, 32, 64, 256, 1024), 200, (1e-3,)
_PLANE_SIZES, _PLANE_LEVEL = (3, 6, 12, 25, 50, 100, 200), 0.1
_PACKAGED = {"digits": digits, "mnist": mnist}


def _jobs(options: Options) -> list[Job]:
    if options.data is not None:
        sources = [(load_images(options.data), options.data)]
    else:
        sources = [(_PACKAGED[name](), "") for name in (("digits",) if options.quick else ("digits", "mnist"))]
    repetitions = list(seeds_of(options, 5, 5))
    sizes, epochs, decays = (_QUICK_SIZES, _QUICK_EPOCHS, _QUICK_DECAYS) if options.quick else (SIZES, EPOCHS, DECAYS)
    jobs = []
    if options.data is None:
        for hidden in _PLANE_SIZES[1:6:2] if options.quick else _PLANE_SIZES:
            seeds = list(seeds_of(options, 5, 2))
            jobs.append(Job(f"plane-{hidden}", {"data": "plane", "level": _PLANE_LEVEL, "hidden": hidden, "seeds": seeds}))
    for images, path in sources:
        common = {"data": images.name, "path": path, "digest": images.digest, "epochs": epochs, "repetitions": repetitions}
        for hidden in sizes:
            for variant in VARIANTS:
                for decay in (0.0, *(decays if variant == ORIGINAL else ())):
                    settings = common | {"variant": variant, "hidden": hidden, "weight_decay": decay}
                    jobs.append(Job(f"{images.name}-{variant}-{hidden}-{decay:g}", settings))
    return jobs


@lru_cache(maxsize=32)
def censored(images: Images, epochs: int, seed: int) -> Any:
    """Return the decisions on all images of the small network that was trained on them: the same for every H."""
    run = train_in_batches(images.x, images.labels, hidden=CENSOR, epochs=epochs, n_classes=images.n_classes, seed=seed)
    return freeze(run.network(images.x).argmax(axis=1))


def labelled(images: Images, variant: str, epochs: int, seed: int) -> Any:
    """Return all labels of one variant and repetition."""
    if variant in (ORIGINAL, SMALL_START):
        return images.labels
    labels = censored(images, epochs, seed)
    if variant == NOISY:
        labels = labels.copy()
        rng = np.random.default_rng([seed, images.labels.size])
        changed = rng.permutation(labels.size)[: round(NOISE * labels.size)]
        labels[changed] = (labels[changed] + rng.integers(1, images.n_classes, changed.size)) % images.n_classes
    return labels


def trained(images: Images, settings: Json, seed: int) -> tuple[BatchRun, Any, Any]:
    """Return the run of one repetition, and its training points and labels."""
    labels = labelled(images, settings["variant"], settings["epochs"], seed)
    order = np.random.default_rng(seed).permutation(labels.size)
    parts = np.split(order, [images.train, images.train + images.validation])
    (x, y), validation, test = ((images.x[part], labels[part]) for part in parts)
    run = train_in_batches(
        x,
        y,
        hidden=settings["hidden"],
        epochs=settings["epochs"],
        validation=validation,
        test=test,
        n_classes=images.n_classes,
        weight_decay=settings["weight_decay"],
        initialization=Scaled(PAPER_START, SMALL) if settings["variant"] == SMALL_START else PAPER_START,
        seed=seed,
        every=EVERY,
    )
    return run, x, y


def _work(settings: Json, folder: Path) -> Json:
    if "level" in settings:
        return plane_digits.worked(settings)
    images = load_images(settings["path"]) if settings["path"] else _PACKAGED[settings["data"]]()
    if images.digest != settings["digest"]:
        raise DataError(f"{settings['path'] or settings['data']} has changed since these runs were planned.")
    found: Json = {name: [] for name in ("end", "early", "epoch", "loss", "path_norm", "weight_decay", "margin")}
    for seed in settings["repetitions"]:
        run, x, y = trained(images, settings, seed)
        if run.diverged:
            raise DataError(f"Training diverged on {images.name}, with {settings['hidden']} units; bring its points to between 0 and 1.")
        found["end"].append(run.errors[-1].tolist())
        found["early"].append(run.errors[run.epoch // EVERY].tolist())
        found["epoch"].append(run.epoch)
        found["loss"].append(run.loss[-1])
        found["path_norm"].append(run.network.path_norm())
        found["weight_decay"].append(run.network.weight_decay())
        found["margin"].append(float(np.median(margins(run.network(x), y))))
    return found


EXPERIMENT = Experiment(
    "network-size",
    "Hidden units beyond those that fit the training points",
    "Neyshabur, Tomioka and Srebro, section 2, Figures 1 and 2",
    "Test error goes on falling past the size of zero training error, also with censored labels, and with 5 % random ones there is no "
    "significant over-fitting; weight decay helps slightly, and more units still help.",
    _jobs,
    _work,
    summarised,
    described,
    data=True,
    figure="implicit_bias.plots.experiments.sizes:network_size_figure",
)
