"""Names of states, provinces and countries, whose law may govern an agreement."""

import re

_UNITED_STATES = """
Alabama;Alaska;Arizona;Arkansas;California;Colorado;Connecticut;Delaware;District of Columbia;Florida;Georgia;Hawaii;
Idaho;Illinois;Indiana;Iowa;Kansas;Kentucky;Louisiana;Maine;Maryland;Massachusetts;Michigan;Minnesota;Mississippi;
Missouri;Montana;Nebraska;Nevada;New Hampshire;New Jersey;New Mexico;New York;North Carolina;North Dakota;Ohio;Oklahoma;
Oregon;Pennsylvania;Puerto Rico;Rhode Island;South Carolina;South Dakota;Tennessee;Texas;Utah;Vermont;Virginia;
Washington;West Virginia;Wisconsin;Wyoming;Guam
"""
_PROVINCES = """
Alberta;British Columbia;Manitoba;New Brunswick;Newfoundland and Labrador;Nova Scotia;Ontario;Prince Edward Island;
Quebec;Québec;Saskatchewan;New South Wales;Queensland;South Australia;Tasmania;Victoria;Western Australia;
England and Wales;England;Wales;Scotland;Northern Ireland;Hong Kong;Macau;Jersey;Guernsey;Isle of Man;Bermuda;
Cayman Islands;British Virgin Islands;Gibraltar;Dubai;Abu Dhabi
"""
_COUNTRIES = """
Argentina;Australia;Austria;Belgium;Brazil;Bulgaria;Canada;Chile;China;Colombia;Costa Rica;Croatia;Cyprus;
Czech Republic;Denmark;Egypt;Estonia;Finland;France;Germany;Greece;Hungary;Iceland;India;Indonesia;Ireland;Israel;Italy;
Japan;Kenya;Korea;Kuwait;Latvia;Liechtenstein;Lithuania;Luxembourg;Malaysia;Malta;Mauritius;Mexico;Monaco;Morocco;Netherlands;
New Zealand;Nigeria;Norway;Pakistan;Panama;Peru;Philippines;Poland;Portugal;Qatar;Romania;Russia;Russian Federation;
Saudi Arabia;Serbia;Singapore;Slovakia;Slovenia;South Africa;South Korea;Spain;Sweden;Switzerland;Taiwan;Thailand;
Turkey;Ukraine;United Arab Emirates;United Kingdom;Uruguay;Vietnam;Deutschland;Österreich;Schweiz;Frankreich
"""
PLACES: tuple[str, ...] = tuple(
    dict.fromkeys(
        name
        for names in (_UNITED_STATES, _PROVINCES, _COUNTRIES)
        for name in names.replace("\n", "").split(";")
        if name
    )
)
_BY_LETTERS = {re.sub(r"\s", "", name).casefold(): name for name in PLACES}
_LONGEST_FIRST = sorted((*PLACES, *(name.upper() for name in PLACES)), key=len, reverse=True)
_FIND = re.compile(rf"\b(?:{'|'.join(name.replace(' ', r'[ ]+') for name in _LONGEST_FIRST)})\b")
_FIND_LETTERS = re.compile("|".join(sorted(_BY_LETTERS, key=len, reverse=True)))
_BROKEN_LEAST = 7
"""Letters of a name that is looked for across blanks inside words: shorter ones would be found in anything."""


def find_places(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and usual spelling of every place that a text names."""
    return [(m.start(), m.end(), _BY_LETTERS[_letters(m.group())]) for m in _FIND.finditer(text)]


def find_broken_places(text: str) -> list[tuple[int, int, str]]:
    """Return places whose letters a poor text layer has torn apart: "Massachuse tts"; for short texts."""
    places = [index for index, character in enumerate(text) if not character.isspace()]
    letters = "".join(text[index] for index in places).casefold()
    if len(letters) != len(places):
        return []
    found: list[tuple[int, int, str]] = []
    for match in _FIND_LETTERS.finditer(letters):
        start, end = places[match.start()], places[match.end() - 1] + 1
        whole = (start == 0 or not text[start - 1].isalpha()) and (end == len(text) or not text[end].isalpha())
        if whole and text[start].isupper() and len(match.group()) >= _BROKEN_LEAST:
            found.append((start, end, _BY_LETTERS[match.group()]))
    return found


def _letters(text: str) -> str:
    return re.sub(r"\s", "", text).casefold()
