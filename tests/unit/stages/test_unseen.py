"""Text that nobody can see is told of where it could pass for content."""

from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.pages import Page, Word
from pipeline.stages.unseen import unseen


def page(number: int, hidden: str) -> Page:
    box = BoundingBox(x0=0, top=0, x1=1, bottom=1)
    words = tuple(Word(text=word, box=box) for word in hidden.split())
    return Page(number=number, size=PageSize(width=1, height=1), hidden=words)


def test_hidden_values_are_told_of_with_their_page() -> None:
    (finding,) = unseen([page(1, ""), page(2, "Total 9,999.00")])
    assert finding.fields == ()
    assert finding.message.startswith("Page 2 holds text that nobody can see; it was not read.")


def test_many_pages_are_named_up_to_five() -> None:
    (finding,) = unseen([page(number, "4711") for number in range(1, 9)])
    assert finding.message.startswith("Pages 1, 2, 3, 4, 5 and 3 more hold text")


def test_stray_words_of_a_scans_layer_are_no_news() -> None:
    assert unseen([page(1, "INVOICE the")]) == ()


def test_long_hidden_text_is_told_of_without_any_digit() -> None:
    assert len(unseen([page(1, "word " * 30)])) == 1
