"""Theorems as files: each states what the literature says, checks it, and has a control that must be rejected.

>>> from implicit_bias import claims
>>> [verdict] = claims.verify(claims.find(["lemma-6.3"]), instances=5)
>>> verdict.verdict, verdict.control_rejected
('holds-with-assumption', True)

A claim of one's own, registered by ``claims.CLAIMS.register(claim)``, is listed, found and verified like the others.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import partial

from implicit_bias.claims.base import Claim, Verdict
from implicit_bias.claims.run import verify
from implicit_bias.registry import Registry

PAPERS = {
    "binning": "stewart",
    "normal-form": "stewart",
    "change-of-variable": "stewart",
    "lemma-b1": "stewart",
    "lemma-6.2": "stewart",
    "lemma-6.2-sets": "stewart",
    "lemma-6.3": "stewart",
    "lemma-6.3-vectors": "stewart",
    "corollary-6.3.1": "stewart",
    "proposition-1": "stewart",
    "lemma-6.4-regression": "stewart",
    "lemma-6.4-classification": "stewart",
    "theorem-6.1-regression": "stewart",
    "theorem-6.1-classification": "stewart",
    "appendix-e1": "stewart",
    "appendix-e2": "stewart",
    "bins-grow-support": "stewart",
    "two-classes-scalar": "stewart",
    "footnote-4": "stewart",
    "theorem-6.1-larger-domain": "stewart",
    "support-unique": "stewart",
    "support-classification-exact": "stewart",
    "data-kinks-sphere": "stewart",
    "data-kinks-classification": "stewart",
    "slope-variation": "stewart",
    "free-affine-relaxation": "stewart",
    "dictionary-converges": "stewart",
    "spline-theorem-2": "jin_montufar",
    "spline-corollary-3": "jin_montufar",
    "spline-equation-7": "jin_montufar",
    "spline-equation-10": "jin_montufar",
    "spline-theorem-4": "jin_montufar",
    "spline-theorem-5": "jin_montufar",
    "spline-theorem-6": "jin_montufar",
    "spline-proposition-7": "jin_montufar",
    "spline-proposition-8": "jin_montufar",
    "spline-theorem-9a": "jin_montufar",
    "spline-theorem-9b": "jin_montufar",
    "spline-theorem-9c": "jin_montufar",
    "spline-appendix-m": "jin_montufar",
    "trained-width-rate": "jin_montufar",
    "trained-theorem-4": "jin_montufar",
    "trained-early-stopping": "jin_montufar",
    "spline-raw-labels": "jin_montufar",
    "spline-least-squares-adjustment": "jin_montufar",
    "spline-equation-7-early": "jin_montufar",
    "spline-theorem-2-norm": "jin_montufar",
    "spline-theorem-6-gap": "jin_montufar",
    "spline-theorem-9a-factor": "jin_montufar",
    "neyshabur-trace-norm": "neyshabur",
    "neyshabur-theorem-1": "neyshabur",
    "rosset-support": "neyshabur",
    "neyshabur-corollary-1": "neyshabur",
    "neyshabur-balance": "neyshabur",
    "neyshabur-half-spaces": "neyshabur",
    "neyshabur-several-outputs": "neyshabur",
    "neyshabur-half-spaces-sign": "neyshabur",
    "hanin-optima": "free_affine",
    "debarre-sparsest": "free_affine",
    "boursier-flammarion-unique": "free_affine",
    "boursier-flammarion-sparsest": "free_affine",
    "hanin-unique": "free_affine",
    "savarese-formula": "free_affine",
    "pilanci-ergen-equality": "pilanci_ergen",
    "pilanci-ergen-patterns": "pilanci_ergen",
    "trained-max-margin": "stewart",
    "trained-weight-decay": "neyshabur",
    "trained-gradient-angles": "stewart",
    "neyshabur-network-size": "neyshabur",
    "poggio-rho-eq": "poggio_liao",
    "poggio-unit-norms": "poggio_liao",
    "poggio-euler": "poggio_liao",
    "poggio-margin": "poggio_liao",
    "poggio-initialization": "poggio_liao",
    "poggio-input-layer": "poggio_liao",
}
"""The folder of every claim, paper by paper and in its order, those that fail last: lemma-6.3 is ``CLAIM`` of stewart/lemma_6_3.py."""


def _read(name: str) -> Claim:
    module = name.replace("-", "_").replace(".", "_")
    claim: Claim = importlib.import_module(f"{__name__}.{PAPERS[name]}.{module}").CLAIM
    return claim


_LATER: dict[str, Callable[[], Claim]] = {name: partial(_read, name) for name in PAPERS}
CLAIMS: Registry[Claim] = Registry("claim", lambda claim: claim.name, later=_LATER)
"""Every claim; the file of one is imported when it is first asked for."""


def find(names: Sequence[str] = ()) -> tuple[Claim, ...]:
    """Return the claims of these names, in this order and each once; all of them if there is no name.

    Raises
    ------
    OptionError
        On a name that no claim has.
    """
    return tuple(CLAIMS.find(name) for name in dict.fromkeys(names)) if names else tuple(CLAIMS)


__all__ = ["CLAIMS", "Claim", "Verdict", "find", "verify"]
