"""Small PDFs with known ink, drawn for one test each."""

import io
import textwrap
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

Draw = Callable[[Canvas], object]


def draw(path: Path, *pages: Draw, size: tuple[float, float] = (400, 600), rotate: int = 0) -> Path:
    """Write a PDF with one page for each drawing."""
    canvas = Canvas(str(path), pagesize=size)
    for page in pages:
        canvas.setFont("Helvetica", 12)
        page(canvas)
        canvas.showPage()
    canvas.save()
    if rotate:  # reportlab's own setting swaps the page's sides too
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            for turned in pdf.pages:
                turned.Rotate = rotate
            pdf.save(path)
    return path


def text(words: str, x: float = 50, y: float = 500) -> Draw:
    return lambda canvas: canvas.drawString(x, y, words)


def picture(width: float, height: float, words: str = "") -> Draw:
    """Draw an image from the bottom left corner, and words over it."""

    def page(canvas: Canvas) -> None:
        noise = Image.effect_noise((60, 60), 80)
        canvas.drawImage(ImageReader(noise), 0, 0, width, height)
        canvas.drawString(50, 500, words)

    return page


def scan(lines: list[str], layer: str = "") -> Draw:
    """Draw lines of print as one image of the whole page, and `layer` as text nobody sees on its blank foot."""

    def page(canvas: Canvas) -> None:
        image = Image.new("L", (1600, 2400), 250)
        font = ImageFont.load_default(60)
        for number, line in enumerate(lines):
            ImageDraw.Draw(image).text((200, 300 + 120 * number), line, fill=20, font=font)
        canvas.drawImage(ImageReader(image), 0, 0, 400, 600)
        text = canvas.beginText(50, 100)
        text.setTextRenderMode(3)
        for line in textwrap.wrap(layer, 60):
            text.textLine(line)
        canvas.drawText(text)

    return page


def content(path: Path, operators: bytes, **entries: object) -> Path:
    """Write a one-page PDF with these page operators; /F1 is Helvetica."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(400, 600))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    page.Resources = Dictionary(Font=Dictionary(F1=font))
    page.Contents = Stream(pdf, operators)
    for name, value in entries.items():
        page[f"/{name}"] = value
    pdf.save(path)
    return path


def laughs(path: Path, levels: int = 12) -> Path:
    """Write a PDF of two kilobytes whose one form draws itself ten to the power of `levels` times."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(300, 300))
    form = _form(pdf, b"0 0 10 10 re f")
    for _ in range(levels):
        form = _form(pdf, b"/X Do " * 10, XObject=Dictionary(X=form))
    page.Resources = Dictionary(XObject=Dictionary(X=form))
    page.Contents = Stream(pdf, b"/X Do")
    pdf.save(path)
    return path


def _form(pdf: pikepdf.Pdf, operators: bytes, **resources: object) -> pikepdf.Object:
    stream = Stream(pdf, operators)
    stream.Type, stream.Subtype, stream.BBox = Name.XObject, Name.Form, Array([0, 0, 300, 300])
    stream.Resources = Dictionary(**resources)
    return pdf.make_indirect(stream)


def inflating(path: Path, megabytes: int) -> Path:
    """Write a small PDF whose page content unpacks to blanks of this size."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 1024**2) for _ in range(megabytes)) + packer.flush()
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(300, 300))
    stream = Stream(pdf, packed)
    stream.Filter = Name.FlateDecode
    page.Contents = pdf.make_indirect(stream)
    pdf.save(path, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return path


def locked(path: Path, *, user: str, owner: str) -> Path:
    """Write a PDF protected with these passwords."""
    plain = io.BytesIO()
    canvas = Canvas(plain)
    canvas.drawString(50, 500, "Confidential total 100.00")
    canvas.save()
    plain.seek(0)
    with pikepdf.open(plain) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(user=user, owner=owner))
    return path
