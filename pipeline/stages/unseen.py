"""Text that nobody can see on its page: never evidence, but a person should know of it before signing."""

from collections.abc import Sequence

from pipeline.domain.pages import Page
from pipeline.domain.routing import Finding

CODE = "hidden_text"
WORDS_MIN = 20
"""From so many hidden words on it is told of in any case; fewer only where they hold a digit, like most values."""
PAGES_NAMED_MAX = 5


def unseen(pages: Sequence[Page]) -> tuple[Finding, ...]:
    """Return the finding that pages hold text nobody can see, where it could pass for content; else nothing.

    A stray word that the layer of a scan puts on an empty spot is no news.
    """
    numbers = [page.number for page in pages if _tells(page)]
    if not numbers:
        return ()
    named = ", ".join(str(number) for number in numbers[:PAGES_NAMED_MAX])
    more = f" and {len(numbers) - PAGES_NAMED_MAX} more" if len(numbers) > PAGES_NAMED_MAX else ""
    which = f"Page {named} holds" if len(numbers) == 1 else f"Pages {named}{more} hold"
    return (
        Finding(
            code=CODE,
            message=f"{which} text that nobody can see; it was not read. Go by what the page shows.",
        ),
    )


def _tells(page: Page) -> bool:
    return len(page.hidden) >= WORDS_MIN or any(char.isdigit() for word in page.hidden for char in word.text)
