from pipeline.domain.extraction import Provenance
from pipeline.domain.geometry import BoundingBox
from review_ui.crops import HEIGHT_MAX_PX, crop_of, lines_of, trailing_share


def place(*boxes: tuple[float, float, float, float]) -> Provenance:
    return Provenance(page=1, boxes=tuple(BoundingBox(x0=a, top=b, x1=c, bottom=d) for a, b, c, d in boxes))


def test_nothing_is_cut_where_nobody_knows_the_place() -> None:
    assert crop_of(None, numeric=True) is None
    assert crop_of(Provenance(page=1, boxes=()), numeric=False) is None


def test_the_print_gets_the_size_of_the_value_under_it() -> None:
    crop = crop_of(place((400, 600, 450, 610)), numeric=True, value_px=22)
    scale = crop.height_px / crop.height
    assert 20 <= 10 / 1.18 * scale <= 24


def test_numbers_line_up_at_their_right_edge_and_text_at_its_left_one() -> None:
    numeric = crop_of(place((400, 600, 450, 610)), numeric=True, pad_px=72)
    scale = numeric.height_px / numeric.height
    assert abs((numeric.x + numeric.width - 450) * scale - 72) < 0.01
    text = crop_of(place((400, 600, 450, 610)), numeric=False, pad_px=176)
    scale = text.height_px / text.height
    assert abs((400 - text.x) * scale - 176) < 0.01


def test_a_currency_after_the_digits_stands_beyond_the_edge() -> None:
    assert trailing_share("209,21 €") == 2 / 8
    assert trailing_share("€ 209,21") == 0
    assert trailing_share("") == 0
    assert trailing_share("EUR") == 0


def test_a_long_text_is_shown_smaller_and_a_tall_one_cut_off() -> None:
    long = crop_of(place((50, 600, 550, 610)), numeric=False, room_px=356)
    assert long.height_px / long.height <= 1.0 + 1e-9
    tall = crop_of(place(*[(50, 100 + 14 * line, 200, 110 + 14 * line) for line in range(20)]), numeric=False)
    assert tall.height_px == HEIGHT_MAX_PX


def test_pieces_side_by_side_make_one_line_and_far_ones_do_not() -> None:
    boxes = place((50, 100, 80, 110), (84, 101, 120, 111), (50, 120, 90, 130), (400, 100, 420, 110)).boxes
    assert [(line.x0, line.x1) for line in lines_of(boxes)] == [(50, 120), (400, 420), (50, 90)]
