"""The report's page in a real browser: quiet, self-contained, for every screen and for the keys."""

from __future__ import annotations

import re

import pytest

from hiss.build.report import summarise, to_html
from hiss.core.manifest import Manifest, ManifestEntry

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

OPTIONS = "#map [role=option]"
PROBLEM = {
    "verdict": "error",
    "path": "shop/static/" + "very-long-folder-name" * 12 + "/app.css",
    "line": 3,
    "column": 9,
    "text": "url(" + "x" * 300 + ")",
    "message": "url() names img/none.svg, and there is no such file",
    "near": ["img/<b>one</b>.svg"],
    "rule": 'to let it pass: "MISSING_REFERENCES": {"css/app.css": "ignore"}',
}
SIZES = {
    "admin/js/vendor/jquery.js": 285_000,
    "admin/js/vendor/select2.js": 174_000,
    "admin/js/core.js": 61_000,
    "admin/css/base.css": 40_000,
    "shop/app.css": 12_000,
    "shop/<script>document.title='alert'</script>.js": 9_000,
    "shop/" + "a-name-that-does-not-end-" * 12 + ".js": 8_000,
    "shop/\u202egnp.exe.svg": 5_000,
    **{f"shop/icons/icon-{number}.svg": 400 + number for number in range(40)},
}
TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


def release(of, names):
    """A manifest of these names; `of` stands for the content of `shop/app.css`."""
    entries = [
        ManifestEntry(
            name=name,
            file=f"{name}.hash",
            immutable=True,
            sha256=of if name == "shop/app.css" else "same",
            size=SIZES[name],
            type=TYPES[name.rpartition(".")[2]],
            integrity="",
            # gzip does badly on styles, so that the order of the tiles depends on the coding.
            codings={
                "br": SIZES[name] // 4,
                "gzip": SIZES[name] if name.endswith(".css") else SIZES[name] // 20,
            },
        )
        for name in names
    ]
    created = "2026-01-02T03:04:05Z"
    return Manifest(id=of * 16, created=created, label="", entries=tuple(entries))


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page of a report on a release against the one before, which lacked a file."""
    names = list(SIZES)
    html = to_html(summarise(release("2", names), release("1", names[1:]), [PROBLEM]))
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(html, "utf-8")
    return file.as_uri()


@pytest.fixture
def visit(browser, address):
    """Opens the page: `visit(width=360)` returns it; it must ask for nothing and say nothing."""
    contexts, said, asked = [], [], []

    def open_page(width=1280, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.wait_for_load_state("networkidle")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
    assert {url for url in asked if not url.startswith("data:")} == {address}


def background(page):
    """The brightness of the page's ground, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


def names(page):
    """The names of the treemap's options, as a screen reader says them, the largest first."""
    return [
        each.split(",")[0]
        for each in page.locator(OPTIONS).evaluate_all("all => all.map(e => e.ariaLabel)")
    ]


def focused(page):
    """What has the focus: the first part of its label, or its text."""
    return page.evaluate(
        "(document.activeElement.ariaLabel || document.activeElement.textContent).split(',')[0]"
    )


def column(page, table, at=0):
    """The texts of a column of a table, in the rows that are shown."""
    return page.locator(f"#{table} tbody tr:visible").evaluate_all(
        "(rows, at) => rows.map(row => row.cells[at].textContent)", at
    )


def into_the_map(page):
    """Press Tab until the focus is in the treemap."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#map [role=option]')"):
            return
    pytest.fail("Tab does not reach the treemap")


@pytest.mark.parametrize("width", [360, 390, 700, 1280])
def test_page_does_not_scroll_sideways(visit, width):
    """On any screen from 360 pixels on, the page is as wide as the screen, and so is its text."""
    page = visit(width=width)
    if width < 700:
        page.get_by_role("button", name=re.compile("Show all")).last.click()

    assert page.evaluate("document.documentElement.scrollWidth") == width
    # A box that hides what overflows would hide numbers.
    assert page.evaluate(
        "[...document.querySelectorAll('.table, .figures')]"
        ".every(e => e.scrollWidth <= e.clientWidth)"
    )


def test_dark_is_dark(visit):
    """The page follows the scheme that the reader prefers."""
    assert background(visit(color_scheme="light")) > 230
    assert background(visit(color_scheme="dark")) < 40


def test_names_run_nothing(visit):
    """A file named as a script is shown by its name."""
    page = visit()
    assert page.title() == "2222222222222222 – Hiss report"
    assert "document.title='alert'" in page.locator("#files").inner_text()


def test_first_tab_skips_to_the_content(visit):
    """The first stop is a link that leads past the head."""
    page = visit()
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the report"
    assert page.locator(".skip").bounding_box()["y"] >= 0

    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_treemap_by_keyboard(visit):
    """Tab reaches the treemap in one stop; Enter zooms, arrows go where they point, Escape
    returns to the folder that was left.
    """
    page = visit()
    into_the_map(page)
    assert focused(page) == "admin"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    page.keyboard.press("ArrowRight")
    assert focused(page) == "shop"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert names(page) == ["js", "css"]
    assert focused(page) == "js"
    assert page.locator("#map .tile:visible", has_text="app.css").count() == 0
    assert "Treemap of admin." in page.locator("#map").get_attribute("aria-label")
    assert page.locator("#trail").inner_text().split() == ["All", "files", "/", "admin"]

    page.keyboard.press("Enter")
    assert focused(page) == "vendor"
    page.keyboard.press("End")
    assert focused(page) == "core.js"
    page.keyboard.press("Enter")
    assert focused(page) == "core.js"
    assert page.locator("#readout").inner_text().startswith("admin/js/core.js text/javascript")

    page.keyboard.press("Escape")
    assert focused(page) == "js"
    page.keyboard.press("Escape")
    assert focused(page) == "admin"
    assert page.locator("#map .tile:visible", has_text="app.css").count() == 2
    assert names(page) == ["admin", "shop"]
    page.keyboard.press("Escape")
    assert names(page) == ["admin", "shop"]
    # One stop: the next is behind the treemap.
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.matches('#map *')")


def test_treemap_by_pointer(visit):
    """A click opens a folder, the trail leads back, and what is under the pointer is told."""
    page = visit()
    page.locator(OPTIONS).first.click(position={"x": 30, "y": 8})
    assert names(page) == ["js", "css"]

    page.locator("#map .tile", has_text="base.css").last.hover()
    assert page.locator("#readout").inner_text().startswith("admin/css/base.css text/css")
    page.get_by_role("button", name="All files").click()
    assert names(page) == ["admin", "shop"]


def test_areas_are_bytes(visit):
    """The areas of the tiles are as their bytes, in the coding that is chosen."""
    page = visit()

    def share():
        areas = page.locator(OPTIONS).evaluate_all(
            "all => all.map(e => e.getBoundingClientRect()).map(b => b.width * b.height)"
        )
        return areas[0] / sum(areas)

    admin = [size for name, size in SIZES.items() if name.startswith("admin/")]
    assert share() == pytest.approx(0.885, abs=0.02)
    page.check("input[name=by] >> nth=0", force=True)
    assert share() == pytest.approx(sum(admin) / sum(SIZES.values()), abs=0.005)
    assert "560" in page.locator(OPTIONS).first.get_attribute("aria-label")
    page.check("text=gzip", force=True)
    page.locator(OPTIONS).first.click(position={"x": 30, "y": 8})
    assert focused(page) == "css"


def test_tiles_keep_within_the_map_when_the_window_changes(visit):
    """The treemap is laid out again for another window, and keeps the focus."""
    page = visit()
    into_the_map(page)
    page.keyboard.press("End")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.querySelector('#map').clientWidth < 390")

    boxes = page.locator(OPTIONS).evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    assert all(0 <= left < right <= 390 for left, right in boxes)
    assert focused(page) == "shop"


def test_find_and_only_changed(visit):
    """What is looked for stands out in the treemap, and so does what changed."""
    page = visit()
    bright = "#map .tile:not(.folder, .dim) > .name"
    page.fill("#find", "JQUERY")
    assert page.locator(bright).all_text_contents() == ["jquery.js"]
    assert page.locator("#trail [role=status]").inner_text() == "1 found"

    page.fill("#find", "")
    page.check("#only")
    assert sorted(page.locator(bright).all_text_contents()) == ["app.css", "jquery.js"]
    page.uncheck("#only")
    assert page.locator("#map .dim").count() == 0


def test_tables_sort(visit):
    """A heading sorts by its column, the other way when pressed again, and says which way."""
    page = visit()
    heading = page.locator("#types thead th").nth(1)
    assert column(page, "types") == ["text/javascript", "text/css", "image/svg+xml"]

    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert column(page, "types", 1) == ["41", "5", "2"]
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert column(page, "types", 1) == ["2", "5", "41"]

    name = page.locator("#types thead th").nth(0)
    name.get_by_role("button").click()
    assert column(page, "types") == ["image/svg+xml", "text/css", "text/javascript"]
    assert heading.get_attribute("aria-sort") is None


def test_tables_filter_and_show_all(visit):
    """A long table shows its beginning; a filter looks through all of it; a button shows all."""
    page = visit()
    assert len(column(page, "files")) == 12

    page.get_by_label("Filter files").fill("icon-3")
    assert len(column(page, "files")) == 11
    assert all("icon-3" in each for each in column(page, "files"))
    assert page.locator("#files [role=status]").inner_text() == f"11 of {len(SIZES)}"
    page.get_by_label("Filter files").fill("")

    page.get_by_role("button", name=f"Show all {len(SIZES)}").press("Enter")
    assert len(column(page, "files")) == len(SIZES)
    assert page.evaluate("document.activeElement.matches('#files tr')")


def test_narrow_tables_show_the_chosen_coding(visit):
    """On a phone, tables have identity and one coding: the smallest, or the one that is chosen."""
    page = visit(width=390)
    headings = page.locator("#files thead th:visible")
    assert headings.all_inner_texts() == ["File", "Identity", "Smallest"]

    page.check("text=gzip", force=True)
    assert headings.all_inner_texts() == ["File", "Identity", "gzip"]


def test_without_script_the_tables_are_there(visit):
    """Without JavaScript every row and tile is shown, and no control that would do nothing."""
    page = visit(java_script_enabled=False)

    assert page.locator("#files tbody tr:visible").count() == len(SIZES)
    assert page.locator("#map .tile:visible").count() > len(SIZES)
    assert page.locator("caption:visible").count() == 5
    assert page.locator("button:visible, input:visible").count() == 0
