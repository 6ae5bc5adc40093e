"""SciPy and LightGBM, loaded when something is fitted or a model is read: no other process waits for them."""

import importlib
from typing import Any


def preload() -> None:
    """Load all of it, in a process whose forks fit: a second each that they need not spend."""
    importlib.import_module("scipy.optimize")
    importlib.import_module("scipy.sparse")
    load_lightgbm()


def minimize(*given: Any, **named: Any) -> Any:
    """Return what `scipy.optimize.minimize` finds."""
    optimize: Any = importlib.import_module("scipy.optimize")  # its types are incomplete
    return optimize.minimize(*given, **named)


def sparse_rows(*given: Any, **named: Any) -> Any:
    """Return a `scipy.sparse.csr_matrix`."""
    sparse: Any = importlib.import_module("scipy.sparse")
    return sparse.csr_matrix(*given, **named)


def load_lightgbm() -> Any:
    """Return the module."""
    return importlib.import_module("lightgbm")  # its types are incomplete
