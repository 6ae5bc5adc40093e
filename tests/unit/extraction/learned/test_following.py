"""What follows a value that goes on over several lines: the same whatever the lines before its last one are."""

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.pages import Page
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.following import following
from pipeline.extraction.learned.groups import Group
from pipeline.extraction.learned.options import Option, options_of
from pipeline.extraction.learned.scene import Scene
from tests.unit.extraction.paper import line, page

SHOP = page(
    line(60, (60, "Corner Bakery")),
    line(76, (60, "12 Mill Lane")),
    line(92, (60, "Oxford OX1 2AB")),
    line(108, (60, "Tel 01865 123456")),
)


def after(*pages: Page) -> dict[str, tuple[int, int]]:
    """Return what follows each address, by its text."""
    layout = Layout(pages)
    options: list[Option] = options_of(Group.ADDRESS, layout, DocumentLocale())
    behind, beneath = following(Scene(layout), options)
    return {option.text: (int(a), int(b)) for option, a, b in zip(options, behind, beneath, strict=True)}


def test_addresses_that_end_on_one_line_are_followed_by_the_same_line() -> None:
    found = after(SHOP)
    assert found["12 Mill Lane Oxford OX1 2AB"] == found["Oxford OX1 2AB"]
    assert found["12 Mill Lane"] != found["Oxford OX1 2AB"]


def test_digits_of_the_line_below_do_not_count() -> None:
    other = page(line(92, (60, "Oxford OX1 2AB")), line(108, (60, "Tel 04711 654321")))
    assert after(other)["Oxford OX1 2AB"] == after(SHOP)["Oxford OX1 2AB"]


def test_words_in_another_column_of_the_last_line_follow() -> None:
    apart = page(line(60, (60, "Corner Bakery")), line(76, (60, "12 Mill Lane"), (300, "Oxford")))
    layout = Layout((apart,))
    names = options_of(Group.NAME, layout, DocumentLocale())
    behind, _ = following(Scene(layout), names)
    ends = {option.text: int(word) for option, word in zip(names, behind, strict=True)}
    assert ends["12 Mill Lane"] != 0
    assert ends["Oxford"] == 0


def test_nothing_follows_the_last_line_of_a_page_not_even_the_next_page() -> None:
    second = page(line(60, (60, "General terms"))).model_copy(update={"number": 2})
    first = page(line(60, (60, "12 Mill Lane")))
    assert after(first, second)["12 Mill Lane"] == (0, 0)


def test_no_candidates_give_no_rows() -> None:
    behind, beneath = following(Scene(Layout((SHOP,))), [])
    assert len(behind) == len(beneath) == 0
