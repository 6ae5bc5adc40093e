class Cause:
    """Why a page is read off its image."""

    NO_TEXT = "no_text"
    GARBLED = "garbled"
    OVERLAY = "overlay"
    """The layer's text is not what the page shows."""
    PICTURE = "picture"
    """The file is an image."""
