"""Scorer B: boosted trees over figures, one candidate at a time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.assurance.fitting import load_lightgbm

Doubles = NDArray[np.float64]
TREES = 80
FEW_DOCUMENTS = 30


@dataclass(frozen=True, slots=True)
class Boosting:
    """A booster whose raw score is added to the prior's log odds."""

    booster: Any

    @classmethod
    def fit(
        cls,
        figures: NDArray[np.float32],
        right: NDArray[np.bool_],
        weights: NDArray[np.float32],
        prior: NDArray[np.float32],
        documents: int,
    ) -> "Boosting":
        """Return the trees that tell right candidates from wrong ones: deterministic, in this thread alone.

        Args:
            figures: shape (n, m).
            right: shape (n,).
            weights: shape (n,), how much each row counts.
            prior: shape (n,), log odds before anything is learned: the trees start from them.
            documents: how many the rows come from; few ask for smaller trees.
        """
        few = documents <= FEW_DOCUMENTS
        parameters = {
            "objective": "binary",
            "learning_rate": 0.1,
            "num_leaves": 7 if few else 15,
            "min_child_samples": 3 if few else 10,
            "feature_fraction": 0.6,
            "max_bin": 63,
            "bin_construct_sample_cnt": 5000,
            "verbosity": -1,
            "num_threads": 1,  # a pool of threads would not survive the worker's fork
            "deterministic": True,
            "force_row_wise": True,
            "seed": 7,
        }
        lightgbm = load_lightgbm()
        data = lightgbm.Dataset(
            figures,
            label=right.astype(np.float32),
            weight=weights,
            init_score=prior.astype(np.float64),
            params=parameters,
        )
        return cls(lightgbm.train(parameters, data, num_boost_round=TREES))

    def scores(self, figures: NDArray[np.float32], prior: NDArray[np.float32]) -> Doubles:
        """Return each candidate's log odds, shape (n,)."""
        if not len(figures):
            return np.zeros(0)
        raw: Doubles = self.booster.predict(figures, raw_score=True, num_threads=1)
        return raw + prior

    def to_text(self) -> str:
        return str(self.booster.model_to_string())

    @classmethod
    def from_text(cls, text: str) -> "Boosting":
        return cls(load_lightgbm().Booster(model_str=text))
