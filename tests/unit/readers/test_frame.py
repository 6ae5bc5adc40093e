"""Pictures straightened between four corners."""

from PIL import Image

from pipeline.readers.frame import is_frame, straightened


def marked() -> Image.Image:
    """Return a white picture, 40 x 20, with a dark top left corner."""
    image = Image.new("RGB", (40, 20), "white")
    image.paste("black", (0, 0, 8, 8))
    return image


def test_no_frame_leaves_the_picture_alone() -> None:
    image = marked()
    assert straightened(image, None) is image


def test_picture_on_its_head_is_turned() -> None:
    turned = straightened(marked(), (1, 1, 0, 1, 0, 0, 1, 0))
    assert turned.size == (40, 20)
    assert turned.getpixel((36, 16)) == (0, 0, 0)
    assert turned.getpixel((3, 3)) == (255, 255, 255)


def test_picture_on_its_side_changes_its_sides() -> None:
    turned = straightened(marked(), (0, 1, 0, 0, 1, 0, 1, 1))
    assert turned.size == (20, 40)
    assert turned.getpixel((16, 3)) == (0, 0, 0)


def test_corners_beyond_the_picture_show_white() -> None:
    wider = straightened(Image.new("RGB", (40, 20), "black"), (-0.5, 0, 1, 0, 1, 1, -0.5, 1))
    assert wider.size == (60, 20)
    assert wider.getpixel((5, 10)) == (255, 255, 255)
    assert wider.getpixel((50, 10)) == (0, 0, 0)


def test_slanted_corners_make_a_rectangle_of_a_photographed_sheet() -> None:
    quad = [(10, 4), (90, 12), (84, 90), (16, 96)]
    image = Image.new("RGB", (100, 100), "black")
    sheet = straightened(image, tuple(side / 100 for corner in quad for side in corner))
    assert abs(sheet.width - 74) <= 2
    assert all(sheet.getpixel(spot) == (0, 0, 0) for spot in ((2, 2), (sheet.width - 3, sheet.height - 3)))


def test_corners_without_an_area_or_far_away_are_no_frame() -> None:
    assert not is_frame((0, 0, 1, 1, 0, 0, 1, 1))
    assert not is_frame((0, 0, 9, 0, 9, 9, 0, 9))
    assert not is_frame((0, 0, 1, 0))
