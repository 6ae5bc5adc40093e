import pytest

from workers.names import is_temporary


@pytest.mark.parametrize(
    "name",
    [
        "scan.pdf.part",
        "scan.tmp",
        "SCAN.TMP",
        "scan.pdf.filepart",
        "scan.crdownload",
        "scan.download",
        "scan.pdf~",
        ".scan.pdf.swp",
        ".hidden.pdf",
        "~$invoice.docx",
    ],
)
def test_names_of_unfinished_files_are_left_alone(name: str) -> None:
    assert is_temporary(name)


@pytest.mark.parametrize("name", ["scan.pdf", "partner.pdf", "invoice.part.pdf", "temporary.pdf", "tmp"])
def test_names_that_only_look_alike_are_taken(name: str) -> None:
    assert not is_temporary(name)
