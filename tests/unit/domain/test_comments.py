import pytest

from pipeline.domain.comments import find_mentions

PEOPLE = {"jon": 1, "jo": 2, "Mara Rowe": 3, "ines.okafor": 4, "kim@example.org": 5}


def named(text: str) -> list[tuple[str, int | None]]:
    return [(one.name, one.user_id) for one in find_mentions(text, PEOPLE)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@jon please look", [("jon", 1)]),
        ("Is this right, @jon?", [("jon", 1)]),
        ("(@jo, @jon)", [("jo", 2), ("jon", 1)]),
        ("@JON", [("JON", 1)]),
        ("ask @mara rowe.", [("mara rowe", 3)]),
        ("@ines.okafor. Thank you", [("ines.okafor", 4)]),
        ("@kim@example.org knows", [("kim@example.org", 5)]),
        ("first\n@jon", [("jon", 1)]),
    ],
)
def test_whoever_is_named_is_found_by_the_whole_login_name(text: str, expected: list[tuple[str, int]]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize("text", ["@jonathan", "@jon_old", "@nobody", "@ines"])
def test_name_that_is_nobody_s_is_told_apart(text: str) -> None:
    assert named(f"{text}, and so on") == [(text.removeprefix("@"), None)]


@pytest.mark.parametrize("text", ["write to jon@jo.example", "a @ b", "@", "3 pieces @ 4.00", "x+@jon", "@-jon"])
def test_sign_in_an_address_or_before_a_blank_names_nobody(text: str) -> None:
    assert named(text) == []


def test_mention_says_where_it_stands() -> None:
    text = "Look, @Mara Rowe, please"
    [found] = find_mentions(text, PEOPLE)
    assert text[found.start : found.end] == "@Mara Rowe"
