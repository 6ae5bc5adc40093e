"""Page images: their size is bounded whatever a page claims to be."""

import io
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.readers import images, pdfium_api
from pipeline.readers.images import PIXELS_MAX, SIDE_MAX, pixels
from tests.unit.readers import made


def test_page_is_as_large_as_its_dpi_says() -> None:
    assert pixels(595, 842, 72) == (595, 842)
    assert pixels(612, 792, 144) == (1224, 1584)


@given(
    st.floats(min_value=0, max_value=1e7, allow_subnormal=False),
    st.floats(min_value=0, max_value=1e7, allow_subnormal=False),
    st.integers(min_value=-10, max_value=10_000),
)
def test_no_page_is_larger_than_the_bounds_or_smaller_than_a_pixel(width: float, height: float, dpi: int) -> None:
    across, down = pixels(width, height, dpi)
    assert 1 <= across <= SIDE_MAX
    assert 1 <= down <= SIDE_MAX
    # rounding may add half a pixel a side
    assert across * down <= PIXELS_MAX + across + down


@pytest.mark.parametrize(("form", "name"), [("webp", "WEBP"), ("png", "PNG")])
def test_image_is_of_the_format_asked_for(tmp_path: Path, form: images.ImageFormat, name: str) -> None:
    path = made.draw(tmp_path / "page.pdf", made.text("Total"))
    with pdfium_api.opened(path) as document:
        image = Image.open(io.BytesIO(images.render_page(document, 1, 72, form)))
    assert (image.format, image.size) == (name, (400, 600))


def test_poster_is_shown_coarser_instead_of_taking_gigabytes(tmp_path: Path) -> None:
    path = made.content(tmp_path / "poster.pdf", b"", MediaBox=pikepdf.Array([0, 0, 14400, 14400]), UserUnit=100)
    with pdfium_api.opened(path) as document:
        image = Image.open(io.BytesIO(images.render_page(document, 1, 200)))
    assert image.width == image.height
    assert image.width * image.height == pytest.approx(PIXELS_MAX, rel=0.01)


def test_form_fields_are_shown(tmp_path: Path) -> None:
    path = made.draw(
        tmp_path / "form.pdf",
        lambda canvas: canvas.acroForm.textfield(
            name="n", x=50, y=300, width=200, height=40, value="HERE", fontSize=30
        ),
    )
    with pdfium_api.opened(path) as document:
        image = Image.open(io.BytesIO(images.render_page(document, 1, 72, "png"))).convert("L")
    assert image.crop((55, 265, 245, 295)).getextrema()[0] < 100
