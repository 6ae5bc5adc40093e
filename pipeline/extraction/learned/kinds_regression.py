"""Multinomial logistic regression over few documents with very many features, solved among the documents."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.assurance.fitting import minimize

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Single = npt.NDArray[np.float32]

STRENGTH = 30.0
"""How little the weights are held back (the C of the literature)."""
RANK_MAX = 512
"""Directions kept of the documents' space; what is left out is noise."""
STEPS_MAX = 150


@dataclass(frozen=True, slots=True)
class Space:
    """Documents in as many directions as they span, where lengths and angles are those of their features.

    A ridge penalty on weights over a million features equals one on weights over these directions, so every fit of a
    training (the model's own, those out of fold, those with one type left out) costs milliseconds.
    """

    places: Floats
    """A row for each document."""
    back: Floats
    """Turns weights over directions into weights over documents."""

    @classmethod
    def spanned_by(cls, rows: Single) -> "Space":
        """Return the space of documents given by rows of features."""
        alike = (rows @ rows.T).astype(np.float64)
        values, vectors = np.linalg.eigh(alike)
        keep = np.flatnonzero(values > 1e-6 * max(float(values[-1]), 1e-12))[-RANK_MAX:]
        roots = np.sqrt(values[keep])
        # An eigenvector's sign is arbitrary: fixed here, so that the same documents always make the same model.
        vectors = vectors[:, keep]
        vectors = vectors * np.where(vectors[np.abs(vectors).argmax(axis=0), np.arange(len(keep))] < 0, -1.0, 1.0)
        return cls(places=vectors * roots, back=vectors / roots)


@dataclass(frozen=True, slots=True)
class Weights:
    """What a fit found: a column for each class."""

    slopes: Floats
    offsets: Floats

    def scores(self, places: Floats) -> Floats:
        return places @ self.slopes + self.offsets


def fit_weights(places: Floats, classes: Whole, count: int) -> Weights:
    """Return the weights that tell `count` classes apart; rare classes count as much as frequent ones together."""
    documents, directions = places.shape
    sizes = np.bincount(classes, minlength=count).astype(np.float64)
    share = STRENGTH * (documents / (count * np.maximum(sizes, 1.0)))[classes]
    wanted = np.eye(count)[classes]
    split = directions * count

    def loss(flat: Floats) -> tuple[float, Floats]:
        slopes, offsets = flat[:split].reshape(directions, count), flat[split:]
        scores = places @ slopes + offsets
        logs = log_shares(scores)
        off = (np.exp(logs) - wanted) * share[:, None]
        value = -float(np.dot(share, logs[np.arange(documents), classes])) + 0.5 * float(
            np.dot(flat[:split], flat[:split])
        )
        return value, np.concatenate(((places.T @ off + slopes).ravel(), off.sum(axis=0)))

    found = minimize(loss, np.zeros(split + count), jac=True, method="L-BFGS-B", options={"maxiter": STEPS_MAX})
    flat: Floats = found.x
    return Weights(slopes=flat[:split].reshape(directions, count), offsets=flat[split:])


def log_shares(scores: Floats) -> Floats:
    """Return the logarithms of the classes' probabilities, a row for each document."""
    moved = scores - scores.max(axis=1, keepdims=True)
    return moved - np.log(np.exp(moved).sum(axis=1, keepdims=True))


def fit_odds(features: Floats, known: npt.NDArray[np.bool_], weight: Floats, start: Floats, hold: Floats) -> Floats:
    """Return intercept and slopes of a logistic curve, held to `start` by `hold`, each with one more than features."""
    rows = np.column_stack((np.ones(len(features)), features))
    sign = np.where(known, 1.0, -1.0)

    def loss(at: Floats) -> tuple[float, Floats]:
        towards = sign * (rows @ at)
        moved = at - start
        value = float(np.dot(weight, np.logaddexp(0.0, -towards))) + 0.5 * float(np.dot(hold, moved * moved))
        slope = -(weight * sign / (1.0 + np.exp(np.clip(towards, -500.0, 500.0)))) @ rows
        return value, slope + hold * moved

    # More of a margin or of a likeness never speaks against a document.
    bounds = [(None, None), *[(0.0, None)] * features.shape[1]]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    fitted: Floats = found.x
    return fitted
