"""Scorer A: all candidates of a document compete with one another and with "none"."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.assurance.fitting import minimize
from pipeline.extraction.learned.columns import BUCKETS
from pipeline.extraction.learned.matrix import marks_at, matrix_of, telling
from pipeline.extraction.learned.ragged import entries

STRENGTH = 0.02
"""How strongly weights are held at nought, if nothing else is said: measured flat between .005 and .3."""
STEPS_MAX = 40
"""Measured: flat from 35 to 60."""

Doubles = NDArray[np.float64]


LIKELIEST, DRAWN = 60, 40
"""So many of a document's wrong candidates are learned from: the likeliest by the prior, and some drawn from the
others, which stand for all of those. Measured: of documents with five hundred names nothing is lost."""


@dataclass(frozen=True)
class Choice:
    """What one document teaches: its candidates, what labels say of each, and which are right.

    `right` all False: none of them is, or the value is not in the document.
    """

    starts: NDArray[np.int64]
    marks: NDArray[np.int32]
    prior: NDArray[np.float32]
    right: NDArray[np.bool_]
    near: NDArray[np.bool_]
    """Which go with the right ones where the answer is taken out."""
    none_prior: float = 0.0
    weight: float = 1.0

    @cached_property
    def distinct(self) -> NDArray[np.int32]:
        """The marks that the document has."""
        return np.unique(self.marks)

    @cached_property
    def telling(self) -> NDArray[np.int32]:
        """The marks that right candidates have."""
        return marks_at(self.starts, self.marks, self.right)

    def drawn(self) -> "Choice":
        """Return the document with fewer wrong candidates, those that are left standing for the others."""
        order = np.argsort(-self.prior, kind="stable")
        wrong = order[~(self.right | self.near)[order]]
        rest = wrong[LIKELIEST:]
        if len(rest) <= DRAWN:
            return self
        # at even distances, from the likelier to the less likely: no chance is needed
        some = rest[(np.arange(DRAWN) * len(rest)) // DRAWN]
        prior = self.prior.copy()
        prior[some] += np.log(len(rest) / DRAWN)
        rows = np.sort(np.concatenate([np.flatnonzero(self.right | self.near), wrong[:LIKELIEST], some]))
        at, many = entries(self.starts, rows)
        starts = np.concatenate([[0], np.cumsum(many)])
        right, near = self.right[rows], self.near[rows]
        return Choice(starts, self.marks[at], prior[rows], right, near, self.none_prior, self.weight)


@dataclass(frozen=True, slots=True)
class Listwise:
    """A conditional logit with a learned score for "none"."""

    weights: NDArray[np.float32]
    """Shape (BUCKETS,)."""
    none: float
    """The score of "none"."""

    @classmethod
    def fit(cls, choices: Sequence[Choice], without: Collection[int] = (), strength: float = STRENGTH) -> "Listwise":
        """Return the scorer that makes the right candidates likely: deterministic.

        The loss of a document is -log of the summed probability of all its right candidates, so no box is needed:
        a value that is printed in several places teaches with those places that other documents bear out.

        Args:
            choices: the documents.
            without: which of them are learned from a second time with the answer taken out: "none" is right then.
            strength: how strongly weights are held at nought.
        """
        if not choices:
            return cls(np.zeros(BUCKETS, dtype=np.float32), 0.0)
        used = telling((choice.distinct, choice.telling) for choice in choices)
        matrix = matrix_of([(choice.starts, choice.marks) for choice in choices], used)
        problem = _Problem(matrix, choices, sorted(without), strength)
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


class _Problem:
    """The loss and its gradient, over all documents at once."""

    def __init__(self, matrix: Any, choices: Sequence[Choice], without: Sequence[int], strength: float) -> None:
        self.matrix = matrix
        self.strength = strength
        self.transposed = matrix.T
        counts = np.array([len(choice.prior) for choice in choices])
        first = np.cumsum(counts) - counts
        again = [first[at] + np.flatnonzero(~(choices[at].right | choices[at].near)) for at in without]
        self.again: NDArray[np.int64] = np.concatenate([*again, np.zeros(0, dtype=np.int64)]).astype(np.int64)
        """Rows of the documents that come a second time, without their answers."""
        self.size = int(counts.sum())
        counts = np.concatenate([counts, np.array([len(rows) for rows in again], dtype=np.int64)])
        every = [*choices, *(choices[at] for at in without)]
        self.prior = np.concatenate([choice.prior for choice in choices]).astype(np.float64)
        right = np.concatenate([choice.right for choice in choices])
        self.right = np.concatenate([right, np.zeros(len(self.again), dtype=np.bool_)])
        self.none_prior = np.array([choice.none_prior for choice in every])
        self.weight = np.array([choice.weight for choice in every])
        self.row = np.repeat(np.arange(len(every)), counts)
        self.count = len(every)
        self.has_right = np.bincount(self.row, self.right, self.count) > 0
        self.first = np.cumsum(counts) - counts
        self.filled = counts > 0

    def __call__(self, point: Doubles) -> tuple[float, Doubles]:
        weights, none = point[:-1], point[-1]
        scores: Doubles = self.matrix @ weights.astype(np.float32) + self.prior
        scores = np.concatenate([scores, scores[self.again]])
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
        loss += 0.5 * self.strength * float(weights @ weights)
        likely = powers / all_powers[self.row]
        due = powers * self.right / np.maximum(right_powers, 1e-300)[self.row]
        pull = (likely - due * self.has_right[self.row]) * self.weight[self.row]
        pull[self.again] += pull[self.size :]
        gradient = np.empty_like(point)
        gradient[:-1] = self.transposed @ pull[: self.size].astype(np.float32) + self.strength * weights
        gradient[-1] = float((self.weight * (none_powers / all_powers - ~self.has_right)).sum())
        return loss, gradient
