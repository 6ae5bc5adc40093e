"""Which words of a page a person can see, and whether the page has to be read off its image."""

from typing import Any

from pipeline.readers.cause import Cause
from pipeline.readers.ink import Picture
from pipeline.readers.pdfium_api import Placement
from pipeline.readers.pdfium_shapes import Shapes
from pipeline.readers.pdfium_words import PageText
from pipeline.readers.plausible import is_garbled
from pipeline.readers.raw_page import RawPage, RawWord

LETTERS_MIN = 30
"""Letters and digits below which a page with something drawn on it has no text layer worth the name."""
INK_MIN = 20
"""Letters in a page's image below which there is nothing to read: stains, a signature, a ruled line."""
IMAGE_SHARE_MIN = 0.3
"""An image larger than this share of the page is what a person sees of it."""
UNCOVERED_MIN = 0.5
"""More of the letters seen than this without a word on them: the layer speaks of something else."""
SCAN_DRIFT = 0.5
"""The invisible words of a scan's layer may stand so many of their heights beside the print they mean."""
HIDDEN_MAX = 2_000


def judge(handle: Any, placement: Placement, page: RawPage, text: PageText, shapes: Shapes) -> None:
    """Set the page's words to those that are seen, its hidden words, and whether to read it off its image.

    Nothing is rendered for a page of plain text, which is most of them, and no more than a spot for a doubtful word.
    """
    doubtful = _doubtful(page.words, text, shapes)
    garbled = is_garbled(page.words)
    is_pictured = shapes.image_share > IMAGE_SHARE_MIN
    is_empty = shapes.drawn and _has_few_letters(page.words)
    if doubtful or garbled or is_pictured or is_empty:
        is_spot = not (garbled or is_pictured or is_empty)
        picture = Picture(handle, placement, [page.words[index] for index in doubtful] if is_spot else None)
        drift = SCAN_DRIFT if is_pictured else 0.0
        unseen = {index for index in doubtful if not picture.shows(page.words[index], drift)}
        layer = page.words
        if unseen:
            page.hidden = [layer[index] for index in sorted(unseen)][:HIDDEN_MAX]
            page.words = [word for index, word in enumerate(layer) if index not in unseen]
            is_empty = _has_few_letters(page.words)
        if garbled or is_pictured or is_empty:
            if is_spot:
                picture = Picture(handle, placement)
            _decide(page, layer, text, picture, garbled=garbled, is_empty=is_empty, is_pictured=is_pictured)
    if text.outside:
        # they have no place on the page: they are kept at its corner
        page.hidden += [RawWord(word, 0.0, 0.0, 0.0, 0.0, 0.0, False) for word in text.outside]


def _has_few_letters(words: list[RawWord]) -> bool:
    letters = 0
    for word in words:
        letters += sum(map(str.isalnum, word.text))
        if letters >= LETTERS_MIN:
            return False
    return True


def _decide(
    page: RawPage,
    layer: list[RawWord],
    text: PageText,
    picture: Picture,
    *,
    garbled: bool,
    is_empty: bool,
    is_pictured: bool,
) -> None:
    ink = picture.ink(page.words)
    if garbled and ink.letters:
        # whatever is drawn there, its codes are no words
        page.optical = Cause.GARBLED
    elif ink.letters < INK_MIN:
        return
    elif is_empty:
        page.optical = Cause.OVERLAY if page.hidden else Cause.NO_TEXT
    elif is_pictured and ink.uncovered > UNCOVERED_MIN:
        page.optical = Cause.OVERLAY
        # what is drawn for nobody to see, and is not what the image shows, is no page text
        hidden = [word for word, key in zip(layer, text.objects, strict=True) if key in text.pale]
        page.hidden = (hidden or page.hidden)[:HIDDEN_MAX]


def _doubtful(words: list[RawWord], text: PageText, shapes: Shapes) -> set[int]:
    """Return the places of words that may not be seen: pale ones, and those that something was drawn over."""
    found: set[int] = set()
    if text.pale:
        found = {index for index, key in enumerate(text.objects) if key in text.pale}
    if shapes.covers:
        times = shapes.times
        drawn = [times.get(key, 0) for key in text.objects]
        for time, x0, top, x1, bottom in shapes.covers:
            for index, word in enumerate(words):
                if (
                    0 < drawn[index] < time
                    and x0 <= (word.x0 + word.x1) / 2 <= x1
                    and (top <= (word.top + word.bottom) / 2 <= bottom)
                ):
                    found.add(index)
    return found
