"""PDFium's functions that are called for each letter or thing on a page, without ctypes' checks of each argument.

The checked functions of `pdfium_api` take three times as long. Here an argument has to be what C expects: a `Handle`, a
Python number for an int, `ctypes.byref` for what is filled in. The interpreter's lock is held through a call: PDFium
is used under a lock of its own anyway, and no call here takes more than microseconds.
"""

import ctypes
from typing import Any

from pipeline.readers.pdfium_api import api


class Handle(ctypes.c_void_p):
    """A pointer of PDFium's; None in `value` where there is nothing."""


def handle(pointer: Any) -> Handle:
    """Return a pointer that a checked function gave, for the functions here."""
    return Handle(ctypes.cast(pointer, ctypes.c_void_p).value)


def _quick(checked: Any, result: Any = ctypes.c_int) -> Any:
    prototype: Any = ctypes.PYFUNCTYPE(result)
    return prototype(ctypes.cast(checked, ctypes.c_void_p).value)


get_unicode = _quick(api.FPDFText_GetUnicode, ctypes.c_uint)
get_loose_box = _quick(api.FPDFText_GetLooseCharBox)
is_generated = _quick(api.FPDFText_IsGenerated)
get_text_object = _quick(api.FPDFText_GetTextObject, Handle)
get_text_matrix = _quick(api.FPDFText_GetMatrix)
get_font_size = _quick(api.FPDFText_GetFontSize, ctypes.c_double)
get_font_info = _quick(api.FPDFText_GetFontInfo, ctypes.c_ulong)
get_font = _quick(api.FPDFTextObj_GetFont, Handle)
get_render_mode = _quick(api.FPDFTextObj_GetTextRenderMode)
get_fill_colour = _quick(api.FPDFPageObj_GetFillColor)

get_object = _quick(api.FPDFPage_GetObject, Handle)
get_object_of_form = _quick(api.FPDFFormObj_GetObject, Handle)
count_in_form = _quick(api.FPDFFormObj_CountObjects)
get_type = _quick(api.FPDFPageObj_GetType)
get_matrix = _quick(api.FPDFPageObj_GetMatrix)
get_bounds = _quick(api.FPDFPageObj_GetBounds)
get_draw_mode = _quick(api.FPDFPath_GetDrawMode)
get_stroke_width = _quick(api.FPDFPageObj_GetStrokeWidth)
count_segments = _quick(api.FPDFPath_CountSegments)
get_segment = _quick(api.FPDFPath_GetPathSegment, Handle)
get_segment_point = _quick(api.FPDFPathSegment_GetPoint)
get_segment_type = _quick(api.FPDFPathSegment_GetType)
get_segment_close = _quick(api.FPDFPathSegment_GetClose)
