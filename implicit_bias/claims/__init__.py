"""Theorems as files: each states what the literature says, checks it, and has a control that must be rejected.

>>> from implicit_bias import claims
>>> [verdict] = claims.verify(claims.find(["lemma-6.3"]), instances=5)
>>> verdict.verdict, verdict.control_rejected
('holds-with-assumption', True)
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from implicit_bias.claims.appendix_e1 import CLAIM as APPENDIX_E1
from implicit_bias.claims.appendix_e2 import CLAIM as APPENDIX_E2
from implicit_bias.claims.base import Claim, Verdict
from implicit_bias.claims.binning import CLAIM as BINNING
from implicit_bias.claims.bins_grow_support import CLAIM as BINS_GROW_SUPPORT
from implicit_bias.claims.boursier_flammarion_sparsest import CLAIM as BOURSIER_FLAMMARION_SPARSEST
from implicit_bias.claims.boursier_flammarion_unique import CLAIM as BOURSIER_FLAMMARION_UNIQUE
from implicit_bias.claims.change_of_variable import CLAIM as CHANGE_OF_VARIABLE
from implicit_bias.claims.corollary_6_3_1 import CLAIM as COROLLARY_6_3_1
from implicit_bias.claims.data_kinks_classification import CLAIM as DATA_KINKS_CLASSIFICATION
from implicit_bias.claims.data_kinks_sphere import CLAIM as DATA_KINKS_SPHERE
from implicit_bias.claims.debarre_sparsest import CLAIM as DEBARRE_SPARSEST
from implicit_bias.claims.dictionary_converges import CLAIM as DICTIONARY_CONVERGES
from implicit_bias.claims.footnote_4 import CLAIM as FOOTNOTE_4
from implicit_bias.claims.free_affine_relaxation import CLAIM as FREE_AFFINE_RELAXATION
from implicit_bias.claims.hanin_optima import CLAIM as HANIN_OPTIMA
from implicit_bias.claims.hanin_unique import CLAIM as HANIN_UNIQUE
from implicit_bias.claims.lemma_6_2 import CLAIM as LEMMA_6_2
from implicit_bias.claims.lemma_6_2_sets import CLAIM as LEMMA_6_2_SETS
from implicit_bias.claims.lemma_6_3 import CLAIM as LEMMA_6_3
from implicit_bias.claims.lemma_6_3_vectors import CLAIM as LEMMA_6_3_VECTORS
from implicit_bias.claims.lemma_6_4_classification import CLAIM as LEMMA_6_4_CLASSIFICATION
from implicit_bias.claims.lemma_6_4_regression import CLAIM as LEMMA_6_4_REGRESSION
from implicit_bias.claims.lemma_b1 import CLAIM as LEMMA_B1
from implicit_bias.claims.neyshabur_balance import CLAIM as NEYSHABUR_BALANCE
from implicit_bias.claims.neyshabur_corollary_1 import CLAIM as NEYSHABUR_COROLLARY_1
from implicit_bias.claims.neyshabur_half_spaces import CLAIM as NEYSHABUR_HALF_SPACES
from implicit_bias.claims.neyshabur_half_spaces_sign import CLAIM as NEYSHABUR_HALF_SPACES_SIGN
from implicit_bias.claims.neyshabur_network_size import CLAIM as NEYSHABUR_NETWORK_SIZE
from implicit_bias.claims.neyshabur_several_outputs import CLAIM as NEYSHABUR_SEVERAL_OUTPUTS
from implicit_bias.claims.neyshabur_theorem_1 import CLAIM as NEYSHABUR_THEOREM_1
from implicit_bias.claims.neyshabur_trace_norm import CLAIM as NEYSHABUR_TRACE_NORM
from implicit_bias.claims.normal_form import CLAIM as NORMAL_FORM
from implicit_bias.claims.pilanci_ergen_equality import CLAIM as PILANCI_ERGEN_EQUALITY
from implicit_bias.claims.pilanci_ergen_patterns import CLAIM as PILANCI_ERGEN_PATTERNS
from implicit_bias.claims.poggio_euler import CLAIM as POGGIO_EULER
from implicit_bias.claims.poggio_initialization import CLAIM as POGGIO_INITIALIZATION
from implicit_bias.claims.poggio_input_layer import CLAIM as POGGIO_INPUT_LAYER
from implicit_bias.claims.poggio_margin import CLAIM as POGGIO_MARGIN
from implicit_bias.claims.poggio_rho_eq import CLAIM as POGGIO_RHO_EQ
from implicit_bias.claims.poggio_unit_norms import CLAIM as POGGIO_UNIT_NORMS
from implicit_bias.claims.proposition_1 import CLAIM as PROPOSITION_1
from implicit_bias.claims.rosset_support import CLAIM as ROSSET_SUPPORT
from implicit_bias.claims.run import verify
from implicit_bias.claims.savarese_formula import CLAIM as SAVARESE_FORMULA
from implicit_bias.claims.slope_variation import CLAIM as SLOPE_VARIATION
from implicit_bias.claims.spline_appendix_m import CLAIM as SPLINE_APPENDIX_M
from implicit_bias.claims.spline_corollary_3 import CLAIM as SPLINE_COROLLARY_3
from implicit_bias.claims.spline_equation_7 import CLAIM as SPLINE_EQUATION_7
from implicit_bias.claims.spline_equation_7_early import CLAIM as SPLINE_EQUATION_7_EARLY
from implicit_bias.claims.spline_equation_10 import CLAIM as SPLINE_EQUATION_10
from implicit_bias.claims.spline_least_squares_adjustment import CLAIM as SPLINE_LEAST_SQUARES_ADJUSTMENT
from implicit_bias.claims.spline_proposition_7 import CLAIM as SPLINE_PROPOSITION_7
from implicit_bias.claims.spline_proposition_8 import CLAIM as SPLINE_PROPOSITION_8
from implicit_bias.claims.spline_raw_labels import CLAIM as SPLINE_RAW_LABELS
from implicit_bias.claims.spline_theorem_2 import CLAIM as SPLINE_THEOREM_2
from implicit_bias.claims.spline_theorem_2_norm import CLAIM as SPLINE_THEOREM_2_NORM
from implicit_bias.claims.spline_theorem_4 import CLAIM as SPLINE_THEOREM_4
from implicit_bias.claims.spline_theorem_5 import CLAIM as SPLINE_THEOREM_5
from implicit_bias.claims.spline_theorem_6 import CLAIM as SPLINE_THEOREM_6
from implicit_bias.claims.spline_theorem_6_gap import CLAIM as SPLINE_THEOREM_6_GAP
from implicit_bias.claims.spline_theorem_9a import CLAIM as SPLINE_THEOREM_9A
from implicit_bias.claims.spline_theorem_9a_factor import CLAIM as SPLINE_THEOREM_9A_FACTOR
from implicit_bias.claims.spline_theorem_9b import CLAIM as SPLINE_THEOREM_9B
from implicit_bias.claims.spline_theorem_9c import CLAIM as SPLINE_THEOREM_9C
from implicit_bias.claims.support_classification_exact import CLAIM as SUPPORT_CLASSIFICATION_EXACT
from implicit_bias.claims.support_unique import CLAIM as SUPPORT_UNIQUE
from implicit_bias.claims.theorem_6_1_classification import CLAIM as THEOREM_6_1_CLASSIFICATION
from implicit_bias.claims.theorem_6_1_larger_domain import CLAIM as THEOREM_6_1_LARGER_DOMAIN
from implicit_bias.claims.theorem_6_1_regression import CLAIM as THEOREM_6_1_REGRESSION
from implicit_bias.claims.trained_early_stopping import CLAIM as TRAINED_EARLY_STOPPING
from implicit_bias.claims.trained_gradient_angles import CLAIM as TRAINED_GRADIENT_ANGLES
from implicit_bias.claims.trained_max_margin import CLAIM as TRAINED_MAX_MARGIN
from implicit_bias.claims.trained_theorem_4 import CLAIM as TRAINED_THEOREM_4
from implicit_bias.claims.trained_weight_decay import CLAIM as TRAINED_WEIGHT_DECAY
from implicit_bias.claims.trained_width_rate import CLAIM as TRAINED_WIDTH_RATE
from implicit_bias.claims.two_classes_scalar import CLAIM as TWO_CLASSES_SCALAR
from implicit_bias.errors import OptionError

CLAIMS: tuple[Claim, ...] = (
    BINNING,
    NORMAL_FORM,
    CHANGE_OF_VARIABLE,
    LEMMA_B1,
    LEMMA_6_2,
    LEMMA_6_2_SETS,
    LEMMA_6_3,
    LEMMA_6_3_VECTORS,
    COROLLARY_6_3_1,
    PROPOSITION_1,
    LEMMA_6_4_REGRESSION,
    LEMMA_6_4_CLASSIFICATION,
    THEOREM_6_1_REGRESSION,
    THEOREM_6_1_CLASSIFICATION,
    APPENDIX_E1,
    APPENDIX_E2,
    BINS_GROW_SUPPORT,
    TWO_CLASSES_SCALAR,
    FOOTNOTE_4,
    THEOREM_6_1_LARGER_DOMAIN,
    SUPPORT_UNIQUE,
    SUPPORT_CLASSIFICATION_EXACT,
    DATA_KINKS_SPHERE,
    DATA_KINKS_CLASSIFICATION,
    SLOPE_VARIATION,
    FREE_AFFINE_RELAXATION,
    DICTIONARY_CONVERGES,
    SPLINE_THEOREM_2,
    SPLINE_COROLLARY_3,
    SPLINE_EQUATION_7,
    SPLINE_EQUATION_10,
    SPLINE_THEOREM_4,
    SPLINE_THEOREM_5,
    SPLINE_THEOREM_6,
    SPLINE_PROPOSITION_7,
    SPLINE_PROPOSITION_8,
    SPLINE_THEOREM_9A,
    SPLINE_THEOREM_9B,
    SPLINE_THEOREM_9C,
    SPLINE_APPENDIX_M,
    TRAINED_WIDTH_RATE,
    TRAINED_THEOREM_4,
    TRAINED_EARLY_STOPPING,
    SPLINE_RAW_LABELS,
    SPLINE_LEAST_SQUARES_ADJUSTMENT,
    SPLINE_EQUATION_7_EARLY,
    SPLINE_THEOREM_2_NORM,
    SPLINE_THEOREM_6_GAP,
    SPLINE_THEOREM_9A_FACTOR,
    NEYSHABUR_TRACE_NORM,
    NEYSHABUR_THEOREM_1,
    ROSSET_SUPPORT,
    NEYSHABUR_COROLLARY_1,
    NEYSHABUR_BALANCE,
    NEYSHABUR_HALF_SPACES,
    NEYSHABUR_SEVERAL_OUTPUTS,
    NEYSHABUR_HALF_SPACES_SIGN,
    HANIN_OPTIMA,
    DEBARRE_SPARSEST,
    BOURSIER_FLAMMARION_UNIQUE,
    BOURSIER_FLAMMARION_SPARSEST,
    HANIN_UNIQUE,
    SAVARESE_FORMULA,
    PILANCI_ERGEN_EQUALITY,
    PILANCI_ERGEN_PATTERNS,
    TRAINED_MAX_MARGIN,
    TRAINED_WEIGHT_DECAY,
    TRAINED_GRADIENT_ANGLES,
    NEYSHABUR_NETWORK_SIZE,
    POGGIO_RHO_EQ,
    POGGIO_UNIT_NORMS,
    POGGIO_EULER,
    POGGIO_MARGIN,
    POGGIO_INITIALIZATION,
    POGGIO_INPUT_LAYER,
)
"""Every claim, paper by paper and in its order, those that fail last."""


def find(names: Sequence[str]) -> tuple[Claim, ...]:
    """Return the claims of these names, in this order and each once; all of them if there is no name.

    Raises
    ------
    OptionError
        On a name that no claim has.
    """
    known = {claim.name: claim for claim in CLAIMS}
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise OptionError(f"There is no claim {name!r}.{hint} There are {', '.join(known)}.")
    return tuple(known[name] for name in dict.fromkeys(names)) if names else CLAIMS


__all__ = ["CLAIMS", "Claim", "Verdict", "find", "verify"]
