"""Scorer A: all candidates of a document compete with one another and with "none"."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.assurance.fitting import minimize, sparse_rows
from pipeline.extraction.learned.columns import BUCKETS

STRENGTH = 0.02
"""How strongly weights are held at nought: measured flat between .005 and .3."""
STEPS_MAX = 60

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """What one document teaches: its candidates, what labels say of each, and which are right.

    `right` all False: none of them is, or the value is not in the document.
    """

    starts: NDArray[np.int64]
    marks: NDArray[np.int32]
    prior: NDArray[np.float32]
    right: NDArray[np.bool_]
    none_prior: float = 0.0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Listwise:
    """A conditional logit with a learned score for "none"."""

    weights: NDArray[np.float32]
    """Shape (BUCKETS,)."""
    none: float
    """The score of "none"."""

    @classmethod
    def fit(cls, choices: list[Choice]) -> "Listwise":
        """Return the scorer that makes the right candidates likely: deterministic.

        The loss of a document is -log of the summed probability of all its right candidates, so no box is needed:
        a value that is printed in several places teaches with those places that other documents bear out.
        """
        if not choices:
            return cls(np.zeros(BUCKETS, dtype=np.float32), 0.0)
        used = _telling(choices)
        place = np.full(BUCKETS, -1, dtype=np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        counts = [len(c.prior) for c in choices]
        total = sum(counts)
        columns = place[np.concatenate([c.marks for c in choices])]
        lengths = np.concatenate([np.diff(c.starts) for c in choices])
        rows = np.repeat(np.arange(total), lengths)[columns >= 0]
        columns = columns[columns >= 0]
        pointers = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=total))])
        matrix = sparse_rows((np.ones(len(columns)), columns, pointers), shape=(total, len(used)))
        problem = _Problem(matrix, choices, counts)
        begin = np.zeros(len(used) + 1)
        result: Any = minimize(
            problem, begin, jac=True, method="L-BFGS-B", options={"maxiter": STEPS_MAX, "maxcor": 10, "ftol": 1e-6}
        )
        weights = np.zeros(BUCKETS, dtype=np.float32)
        weights[used] = result.x[:-1]
        return cls(weights, float(result.x[-1]))

    def probabilities(
        self, starts: NDArray[np.int64], marks: NDArray[np.int32], prior: NDArray[np.float32], none_prior: float = 0.0
    ) -> Doubles:
        """Return each candidate's probability, shape (n,); what is missing to 1 is the probability of none."""
        count = len(starts) - 1
        if count == 0:
            return np.zeros(0)
        gathered = self.weights[marks].astype(np.float64)
        scores = np.add.reduceat(gathered, starts[:-1]) + prior
        none = self.none + none_prior
        top = max(float(scores.max()), none)
        powers = np.exp(scores - top)
        found: Doubles = powers / (powers.sum() + np.exp(none - top))
        return found


def _telling(choices: list[Choice]) -> NDArray[np.int64]:
    """Return the marks that are learned about: those of right candidates, and those that several documents have.

    A mark that one document alone has, at a wrong candidate, says nothing about other documents.
    """
    documents = np.zeros(BUCKETS, dtype=np.int32)
    for choice in choices:
        documents[np.unique(choice.marks)] += 1
        if choice.right.any():
            rows = np.repeat(choice.right, np.diff(choice.starts))
            documents[choice.marks[rows]] += 2
    return np.flatnonzero(documents >= 2)


class _Problem:
    """The loss and its gradient, over all documents at once."""

    def __init__(self, matrix: Any, choices: list[Choice], counts: list[int]) -> None:
        self.matrix = matrix
        self.transposed = matrix.T.tocsr()
        self.prior = np.concatenate([c.prior for c in choices]).astype(np.float64)
        self.right = np.concatenate([c.right for c in choices])
        self.none_prior = np.array([c.none_prior for c in choices])
        self.weight = np.array([c.weight for c in choices])
        self.row = np.repeat(np.arange(len(choices)), counts)
        self.count = len(choices)
        self.has_right = np.bincount(self.row, self.right, self.count) > 0
        self.first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
        self.filled = np.array(counts) > 0

    def __call__(self, point: Doubles) -> tuple[float, Doubles]:
        weights, none = point[:-1], point[-1]
        scores: Doubles = self.matrix @ weights + self.prior
        none_scores = none + self.none_prior
        top = none_scores.copy()
        if len(scores):
            most = np.maximum.reduceat(scores, self.first[self.filled])
            top[self.filled] = np.maximum(top[self.filled], most)
        powers = np.exp(scores - top[self.row])
        none_powers = np.exp(none_scores - top)
        all_powers = np.bincount(self.row, powers, self.count) + none_powers
        right_powers = np.bincount(self.row, powers * self.right, self.count)
        wanted = np.where(self.has_right, right_powers, none_powers)
        loss = float((self.weight * (np.log(all_powers) - np.log(np.maximum(wanted, 1e-300)))).sum())
        loss += 0.5 * STRENGTH * float(weights @ weights)
        likely = powers / all_powers[self.row]
        due = powers * self.right / np.maximum(right_powers, 1e-300)[self.row]
        pull = (likely - due * self.has_right[self.row]) * self.weight[self.row]
        gradient = np.empty_like(point)
        gradient[:-1] = self.transposed @ pull + STRENGTH * weights
        gradient[-1] = float((self.weight * (none_powers / all_powers - ~self.has_right)).sum())
        return loss, gradient
