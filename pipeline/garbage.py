"""When Python looks for garbage in circles: seldom, where documents by the thousand objects come and go."""

import gc

NEW_OBJECTS = 50_000
"""New objects after which the youngest are looked through: a page makes thousands, and hardly any circle."""


def collect_rarely() -> None:
    """Keep what is there out of the collector's way, and let it run seldom.

    Measured, a sixth of extraction's time, and a quarter of what the slowest in twenty pages of the queue take.

    Everything that is not part of a circle is freed at once all the same; ten megabytes more is what it costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)
