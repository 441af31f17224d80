"""The documentation's pages do what they say: each block is run, or checked, in order."""

from pathlib import Path

import pytest

from docs.blocks import PageError, read_blocks

HOME = Path(__file__).parents[2]
PAGES = sorted(
    str(path.relative_to(HOME))
    for path in [*(HOME / "docs").rglob("*.md"), HOME / "README.md", HOME / "CONTRIBUTING.md"]
)


# The first page also has to wait for what all pages begin with.
@pytest.mark.timeout(300)
@pytest.mark.live
@pytest.mark.parametrize("name", PAGES)
def test_page(name, make_page):
    """The blocks of a page, one after the other, do what the page says of them."""
    said, missing = "", []
    try:
        blocks = read_blocks(name, (HOME / name).read_text("utf-8"))
        if blocks:
            start = blocks.pop(0).value if blocks[0].action == "start" else ""
            page = make_page(start)
            page.follow(blocks)
            missing = page.missing
    except PageError as error:
        said = str(error)
    if said:
        pytest.fail(said, pytrace=False)
    if missing:
        pytest.skip("; ".join(missing))
