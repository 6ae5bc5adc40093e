"""Image files as documents: upright, on white, in proportion, within bounds."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from pipeline.errors import DocumentTooLargeError, UnreadableDocumentError
from pipeline.readers import pictures


def two_tone(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Return a picture whose left half is dark."""
    image = Image.new("L", size, 250)
    image.paste(10, (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def test_camera_held_upright_gives_an_upright_image(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[pictures.ORIENTATION] = 6  # turn a quarter clockwise to see it
    two_tone().save(tmp_path / "photo.jpg", exif=exif, quality=95)
    with pictures.opened(tmp_path / "photo.jpg") as image:
        found = pictures.decoded(image, 1)
        assert pictures.page_size(image) == (421, 842)
    assert found.size == (20, 40)
    assert found.convert("L").getpixel((10, 5)) < 50
    assert found.convert("L").getpixel((10, 35)) > 200


def test_transparent_paper_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    with pictures.opened(tmp_path / "clear.png") as image:
        assert pictures.decoded(image, 1).convert("L").getpixel((5, 5)) == 255


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "CMYK"])
def test_every_kind_of_pixel_comes_out_dark_and_light(tmp_path: Path, mode: str) -> None:
    image = two_tone(mode if mode != "I;16" else "L")
    if mode == "I;16":
        image = Image.merge("LA", (image, image)).tobytes()  # two equal bytes a pixel: 257 times as bright
        image = Image.frombytes("I;16", (40, 20), image)
    image.save(tmp_path / "scan.tif")
    with pictures.opened(tmp_path / "scan.tif") as opened:
        grey = pictures.decoded(opened, 1).convert("L")
    assert (grey.getpixel((5, 5)) < 60, grey.getpixel((35, 5)) > 200) == (True, True)


def test_fax_with_flat_pixels_is_drawn_out(tmp_path: Path) -> None:
    two_tone("1", (200, 100)).save(tmp_path / "fax.tif", dpi=(204, 98), compression="group4")
    with pictures.opened(tmp_path / "fax.tif") as image:
        assert pictures.decoded(image, 1).size == (200, 208)


def test_pages_of_a_tiff_are_counted_up_to_the_limit(tmp_path: Path) -> None:
    first, *more = (Image.new("L", (20 + number, 20), 255) for number in range(3))
    first.save(tmp_path / "three.tif", save_all=True, append_images=more)
    with pictures.opened(tmp_path / "three.tif") as image:
        assert pictures.count_pages(image, 3) == 3
        assert pictures.decoded(image, 3).width == 22
        with pytest.raises(DocumentTooLargeError, match="more than 2 pages"):
            pictures.count_pages(image, 2)


def test_image_of_too_many_pixels_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    Image.new("1", (20_000, 10_000)).save(tmp_path / "bomb.png")
    with (
        pictures.opened(tmp_path / "bomb.png") as image,
        pytest.raises(DocumentTooLargeError, match="200 million pixels, and at most 150"),
    ):
        pictures.decoded(image, 1)


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def spoilt(content: bytes) -> bytes:
    return content[:8] + bytes(len(content) - 8)


@pytest.mark.parametrize("damage", [cut, spoilt])
def test_damaged_image_says_so(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "scan.png"
    Image.effect_noise((200, 200), 90).save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UnreadableDocumentError, match="damaged"), pictures.opened(path) as image:
        pictures.decoded(image, 1)


def test_large_image_comes_in_the_size_that_is_asked_for(tmp_path: Path) -> None:
    Image.new("L", (3000, 1500)).save(tmp_path / "large.png")
    with pictures.opened(tmp_path / "large.png") as image:
        assert pictures.decoded(image, 1, longest=300).size == (300, 150)
        assert pictures.decoded(image, 1, pixels=180_000).size == (600, 300)
