"""The report: its numbers, its JSON, and a page that no name can break."""

import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from hiss.build.report import summarise, to_html, to_json
from hiss.build.report.summary import LARGEST, published
from hiss.build.report.tiles import FAMILIES, family
from hiss.build.report.treemap import LEAVES, Box, plan_tiles, squarify
from hiss.build.report.words import count, difference, moment, share, size, text
from hiss.core.manifest import Manifest, ManifestEntry

PROBLEM = {
    "id": "missing-reference",
    "verdict": "error",
    "file": "css/app.css",
    "path": "static/css/app.css",
    "line": 4,
    "column": 12,
    "text": "../img/none.svg",
    "message": "url() names img/none.svg, and there is no such file",
    "wanted": "img/none.svg",
    "near": ["img/one.svg"],
    "owner": "",
    "rule": "to let it pass: …",
}
HOSTILE = [
    "<script>alert(1)</script>.js",
    "\"onmouseover='alert(1)'.js",
    "a&amp;b/</style></title>.css",
    "img/\u202egnp.exe\u202c.svg",
    "nul\0and\nline.css",
    "not-utf8-\udcff.css",
    "$title${style}.css",
    "long/" + "x" * 4000 + ".css",
    "//absolute//doubled.css",
    "/",
    "deep/" * 1500 + "end.css",
]


def entry(name, bytes_=1000, type_="text/css", *, of="1", immutable=True, **codings):
    """An entry of a manifest; `of` stands for its content."""
    return ManifestEntry(
        name=name,
        file=f"{name}.{of}" if immutable else name,
        immutable=immutable,
        sha256=of,
        size=bytes_,
        type=type_,
        integrity="",
        codings=codings,
    )


def release(*entries, id_="1234567890abcdef", label=""):
    """A manifest."""
    return Manifest(id=id_, created="2026-01-02T03:04:05Z", label=label, entries=entries)


def report_on(*entries, before=None, problems=()):
    """The report on a release of these entries."""
    return summarise(release(*entries), before, problems)


class Page(HTMLParser):
    """What a parser sees of a page: its tags with their attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.words = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        """The attributes of every element of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


# The numbers.


def test_totals_count_a_name_once():
    """Of a hashed file and its plain original, what users get is counted: the hashed one."""
    plain = entry("app.css", 900, immutable=False, br=90)
    hashed = entry("app.css", 1000, br=100, gzip=200)
    report = report_on(plain, hashed, entry("photo.webp", 5000, "image/webp"))

    assert report.totals.count == 2
    assert report.totals.sizes == {"identity": 6000, "br": 5100, "gzip": 5200, "smallest": 5100}
    assert report.totals.saved == 900
    assert report.totals.variants == {"br": 1, "gzip": 1}
    assert report.columns == ("identity", "br", "gzip", "smallest")
    assert [each.file for each in report.largest] == ["photo.webp.1", "app.css.1"]


def test_published_prefers_what_is_hashed():
    """One entry a logical name, by name."""
    entries = published(
        release(entry("b", immutable=False), entry("a", immutable=False), entry("b"))
    )
    assert [(name, each.immutable) for name, each in entries.items()] == [("a", False), ("b", True)]


def test_plain_file_counts_where_there_is_no_other():
    """A file that has no hashed copy is published too."""
    report = report_on(entry("robots.txt", 20, "text/plain", immutable=False))

    assert report.totals.sizes == {"identity": 20, "smallest": 20}
    assert report.columns == ("identity",)


def test_smallest_is_decided_per_file():
    """What is sent is each file's own smallest coding, which no single coding comes to."""
    report = report_on(entry("a.css", 100, br=40, zstd=50), entry("b.css", 100, br=60, zstd=30))

    assert report.totals.sizes == {"identity": 200, "br": 100, "zstd": 80, "smallest": 70}


def test_variant_that_is_larger_is_not_sent():
    """A variant larger than the file does not count as what is sent."""
    assert report_on(entry("a.css", 10, br=14)).totals.sizes["smallest"] == 10


def test_order_of_entries_does_not_matter():
    """Reports on the same entries in another order are the same."""
    entries = [entry("b.css"), entry("a.css"), entry("a.css", 900, immutable=False)]
    assert to_json(report_on(*entries)) == to_json(report_on(*reversed(entries)))


def test_tree_adds_up():
    """A folder has the bytes of all below it."""
    report = report_on(
        entry("css/app.css", 100, br=10), entry("css/deep/b.css", 50, br=20), entry("top.js", 7)
    )
    [css] = report.tree.folders
    [deep] = css.folders

    assert (css.path, css.count, css.sizes) == (
        "css",
        2,
        {"identity": 150, "br": 30, "smallest": 30},
    )
    assert (deep.path, deep.count, deep.sizes["br"]) == ("css/deep", 1, 20)
    assert report.tree.sizes == report.totals.sizes
    assert [each.name for each in report.tree.files] == ["top.js"]


def test_types_are_summed_largest_first():
    """Each media type has its files and bytes."""
    report = report_on(
        entry("a.css", 100),
        entry("b.css", 50),
        entry("c.js", 700, "text/javascript"),
    )
    assert [(each.type, each.count, each.sizes["identity"]) for each in report.types] == [
        ("text/javascript", 1, 700),
        ("text/css", 2, 150),
    ]


def test_changes():
    """Names are changed, added, removed or unchanged, and bytes are what each costs a user."""
    before = release(
        entry("same.css", 100, br=10),
        entry("changed.css", 100, of="1", br=11),
        entry("plain.txt", 100, of="1", immutable=False),
        entry("gone.css", 100, br=12),
    )
    report = report_on(
        entry("same.css", 100, br=10),
        entry("changed.css", 120, of="2", br=15),
        entry("plain.txt", 130, of="2", immutable=False),
        entry("new.css", 100, br=13),
        before=before,
    )
    changes = report.changes

    sizes = {
        each.name: (each.change, each.before, each.after)
        for each in (*changes.changed, *changes.added, *changes.removed)
    }
    assert sizes == {
        "changed.css": ("changed", 11, 15),
        "plain.txt": ("changed", 100, 130),
        "new.css": ("added", None, 13),
        "gone.css": ("removed", 12, None),
    }
    assert changes.unchanged == ("same.css",)
    # Not the plain one: browsers ask for it again whether it changed or not.
    assert (changes.again, changes.first, changes.kept) == (15, 13, 10)
    marks = {each.name: each.change for each in report.largest}
    assert marks == {
        "same.css": "",
        "changed.css": "changed",
        "plain.txt": "changed",
        "new.css": "added",
    }


def test_other_url_of_the_same_bytes_is_a_change():
    """A browser knows URLs: the same bytes under a new one are downloaded again."""
    before = release(entry("a.css", 100, immutable=False))
    changes = report_on(entry("a.css", 100), before=before).changes

    assert [each.name for each in changes.changed] == ["a.css"]
    assert changes.again == 100


def test_first_release_has_no_changes():
    """Without a release before, nothing is compared, and no file is marked."""
    report = report_on(entry("a.css"))

    assert report.changes is None
    assert report.largest[0].change == ""
    assert "no release before this one" in to_html(report)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (9994, "9.99 kB"),
        (9996, "10.0 kB"),
        (56913, "56.9 kB"),
        (99960, "100 kB"),
        (325171, "325 kB"),
        (999499, "999 kB"),
        (999500, "1.00 MB"),
        (1_543_518, "1.54 MB"),
        (5 * 10**18, "5000 PB"),
    ],
)
def test_sizes_have_three_digits(number, said):
    """Sizes are written to three digits, and never as 1000 of a unit that has a next one."""
    assert size(number).replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 0, "0%"),
        (0, 5, "0%"),
        (1, 1000, "<1%"),
        (1, 3, "33%"),
        (9999, 10000, "99%"),
        (5, 5, "100%"),
    ],
)
def test_shares(part, whole, said):
    """A little is not nothing, and nearly all is not all."""
    assert share(part, whole) == said


def test_words():
    """Counts agree with their nouns, differences have signs, times are told in UTC."""
    assert count(1, "file") == "1\N{NO-BREAK SPACE}file"
    assert count(20000, "file") == "20,000\N{NO-BREAK SPACE}files"
    assert [difference(each)[0] for each in (5, -5, 0)] == ["+", "\N{MINUS SIGN}", "0"]
    assert ">20\N{NO-BREAK SPACE}November\N{NO-BREAK SPACE}2026,\N{NO-BREAK SPACE}06:08" in moment(
        "2026-11-20T08:08:37+02:00"
    )
    assert moment("<yesterday>") == "&lt;yesterday&gt;"


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("text/css", "style"),
        ("text/javascript", "script"),
        ("image/svg+xml", "image"),
        ("font/woff2", "font"),
        ("video/webm", "media"),
        ("application/json", "other"),
        ("", "other"),
    ],
)
def test_families(media_type, expected):
    """Every media type has a colour."""
    assert family(media_type) == expected


# JSON.


def test_json_says_all_that_the_report_holds():
    """The JSON has the version first and every number; problems come through as they were."""
    before = release(entry("a.css", of="0"), id_="0" * 16)
    report = report_on(entry("a.css", br=10), before=before, problems=[PROBLEM])
    document = json.loads(to_json(report))

    assert next(iter(document)) == "version"
    assert document["version"] == 1
    assert document["release"] == {
        "id": "1234567890abcdef",
        "created": "2026-01-02T03:04:05Z",
        "label": "",
    }
    assert document["totals"]["sizes"] == report.totals.sizes
    assert document["tree"]["files"][0]["name"] == "a.css"
    assert document["changes"]["before"]["id"] == "0" * 16
    assert document["changes"]["again"] == 10
    assert document["problems"] == [PROBLEM]


def test_json_survives_any_name():
    """Names come back from the JSON as they were, and the text can be written as UTF-8."""
    text_ = to_json(report_on(*(entry(name) for name in HOSTILE)))
    text_.encode()

    assert {each["name"] for each in json.loads(text_)["largest"]} == set(HOSTILE)


# The page.


def test_page_asks_for_nothing():
    """No element of the page refers to anything outside it, and its policy forbids it to."""
    html = to_html(report_on(entry("a.css", br=10), problems=[PROBLEM]))
    page = Page(html)

    addresses = [
        value
        for _, attributes in page.tags
        for key, value in attributes.items()
        if key in {"src", "href", "srcset", "action", "data", "poster"}
    ]
    assert {each.partition(":")[0] if each[0] != "#" else "#" for each in addresses} == {
        "#",
        "data",
    }
    assert "url(" not in (files("hiss.build.report") / "page.css").read_text("utf-8")
    [policy] = [each["content"] for each in page.all("meta") if "http-equiv" in each]
    assert policy.startswith("default-src 'none';")
    assert page.all("html") == [{"lang": "en"}]


def test_links_lead_to_parts_that_are_there():
    """Every link of the page leads to an element, and no id is given twice."""
    page = Page(to_html(report_on(entry("a.css", br=10))))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]

    assert len(ids) == len(set(ids))
    assert {each["href"][1:] for each in page.all("a")} <= set(ids)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_only_text(name, before):
    """Whatever a file, label, type, coding or problem is called, it adds no element."""

    def tags(word):
        problem = dict.fromkeys(PROBLEM, word) | {"near": [word], "line": word}
        hostile = replace(entry(word, br=1), type=word, codings={word: 5, "br": 9})
        earlier = release(entry(word, of="0"), id_=word, label=word) if before else None
        manifest = replace(release(hostile, id_=word, label=word), created=word)
        return to_html(summarise(manifest, earlier, [problem]))

    html = tags(name)
    html.encode()
    # `x` in as many folders: each of them is an element, by right.
    depth = [each for each in name.split("/")[:-1] if each]
    plain = tags("/".join([*("f" * len(depth)), "x"]))
    kinds = [[tag for tag, _ in Page(each).tags if tag != "wbr"] for each in (html, plain)]

    assert kinds[0] == kinds[1]
    assert not [key for _, each in Page(html).tags for key in each if key.startswith("on")]
    # Two: those of the page.
    assert html.count("</script>") == 1
    assert html.count("</style>") == 1
    assert html.count("</title>") == 1


def test_names_are_shown():
    """What is escaped is still told."""
    page = Page(to_html(report_on(*(entry(name) for name in HOSTILE[:5]))))
    said = "".join(page.words)

    assert "<script>alert(1)</script>.js" in said
    assert "nul\N{SYMBOL FOR NULL}and\N{SYMBOL FOR LINE FEED}line.css" in said
    assert text("\udcff") == "\\udcff"


def test_empty_release():
    """A release without a file has a page that says so."""
    html = to_html(report_on())

    assert html.count("Nothing is published.") == 4
    assert "Nothing is compressed" in html
    assert Page(html).all("table") == []
    assert json.loads(to_json(report_on()))["totals"]["count"] == 0


def test_empty_files():
    """Files of no bytes are counted, and have tiles."""
    html = to_html(report_on(entry("a.css", 0), entry("b/c.css", 0)))
    assert "nan" not in html
    assert html.count('class="tile ') == 3


def test_release_as_before():
    """The same release again: nothing changed."""
    entries = [entry("a.css"), entry("b.css")]
    assert "Nothing changed" in to_html(report_on(*entries, before=release(*entries)))


def test_tables_have_headings_and_captions():
    """Every table has a caption, columns with scope, and as many cells as headings in each row."""
    before = release(entry("a.css", of="0"), entry("gone.css"))
    html = to_html(report_on(entry("a.css", br=10), entry("b.css"), before=before))

    tables = re.findall(r"<table.*?</table>", html, re.DOTALL)
    assert len(tables) == 5
    for table in tables:
        assert "<caption>" in table
        head, *rows = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
        assert {row.count("<td") + row.count('<th scope="row"') for row in rows} == {
            head.count('<th scope="col"')
        }


def test_problems_are_told_whole_and_errors_first():
    """A problem has its place, its text, what is near and what would mend it; errors lead."""
    warning = PROBLEM | {"verdict": "warn", "message": "milder", "owner": "django"}
    page = Page(to_html(report_on(entry("a.css"), problems=[warning, PROBLEM])))
    said = "".join(page.words)

    assert "static/css/app.css:4:12" in said
    assert "../img/none.svg" in said
    assert "Nearest: img/one.svg" in said
    assert "Your file; to let it pass: …" in said
    assert "A file of django; to let it pass: …" in said
    assert said.index("there is no such file") < said.index("milder")
    assert "1\N{NO-BREAK SPACE}error, 1\N{NO-BREAK SPACE}warning" in said


def test_problem_that_says_little():
    """A problem without a place, or of an unknown verdict, is shown for what it says."""
    said = "".join(Page(to_html(report_on(problems=[{"message": "odd", "verdict": "new"}]))).words)
    assert "odd" in said
    assert "1\N{NO-BREAK SPACE}warning" in said


# The treemap.


@pytest.mark.parametrize(
    "weights", [[1], [6, 6, 4, 3, 2, 2, 1], [1] * 50, [10**9, 1], [1000, *[1] * 99]]
)
def test_squarify_fills_the_box(weights):
    """Boxes have their share of the area, lie within, and do not overlap."""
    boxes = squarify(weights, Box(10, 20, 600, 400))

    area = 600 * 400 / sum(weights)
    assert [each.width * each.height for each in boxes] == pytest.approx(
        [weight * area for weight in weights], rel=1e-6
    )
    for at, one in enumerate(boxes):
        assert one.left >= 10 - 1e-6
        assert one.top >= 20 - 1e-6
        assert one.left + one.width <= 610 + 1e-6
        assert one.top + one.height <= 420 + 1e-6
        for other in boxes[at + 1 :]:
            wide = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
            high = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
            assert wide < 1e-6 or high < 1e-6


def test_squarify_is_as_in_the_paper():
    """The example of the paper's figure 4: 6, 6, 4, 3, 2, 2, 1 in a box of 6 by 4."""
    boxes = squarify([6, 6, 4, 3, 2, 2, 1], Box(0, 0, 6, 4))
    assert [(round(each.width, 2), round(each.height, 2)) for each in boxes] == [
        (3, 2),
        (3, 2),
        (1.71, 2.33),
        (1.29, 2.33),
        (1.2, 1.67),
        (1.2, 1.67),
        (0.6, 1.67),
    ]


def test_squarify_of_nothing():
    """No weights, no boxes."""
    assert squarify([], Box(0, 0, 5, 5)) == []


def test_tiles_of_the_small_are_one():
    """Beyond the limit, what is small is one tile in its folder, with its files and bytes."""
    report = report_on(
        *(entry(f"a/{number}.css", number) for number in range(1, 9)), entry("b/x.css", 2)
    )
    root = plan_tiles(report.tree, limit=3)

    [folder, rest] = root.tiles
    assert [each.label for each in folder.tiles] == ["5 more", "8.css", "7.css", "6.css"]
    assert folder.tiles[0].sizes["identity"] == 1 + 2 + 3 + 4 + 5
    assert (rest.label, rest.count, rest.sizes["identity"]) == ("1 more", 1, 2)


def test_folder_in_a_folder_alone_is_one_tile():
    """Folders that hold nothing but one folder are one tile; every label tells the way."""
    root = plan_tiles(report_on(entry("admin/js/vendor/a.js"), entry("admin/js/vendor/b.js")).tree)
    [folder] = root.tiles

    assert folder.label == "admin/js/vendor"
    assert [each.label for each in folder.tiles] == ["a.js", "b.js"]


# Many files.


@pytest.fixture(scope="module")
def crowd():
    """A report on 20,000 files that all changed, with 20,000 problems."""
    names = [f"pkg{n % 37}/d{n % 11}/s{n % 5}/file-{n}.js" for n in range(20_000)]

    def many(of):
        return release(
            *(
                entry(
                    name, 50 + n * n % 9973, of=of, immutable=hashed, br=20 + n * n % 997, gzip=40
                )
                for n, name in enumerate(names)
                for hashed in (True, False)
            )
        )

    return summarise(many("2"), many("1"), [PROBLEM] * 20_000)


def test_many_files_are_summed(crowd):
    """Every file is in the totals and the JSON, however many there are."""
    assert crowd.totals.count == 20_000
    assert len(crowd.changes.changed) == 20_000
    assert len(crowd.largest) == LARGEST
    assert json.loads(to_json(crowd))["tree"]["count"] == 20_000


def test_page_of_many_files_is_bounded(crowd):
    """The page stays small and is made in time; what is left out is told."""
    begun = time.process_time()
    html = to_html(crowd)

    assert time.process_time() - begun < 10
    assert len(html) < 2_500_000
    assert html.count('class="tile style"') == LEAVES
    said = "".join(Page(html).words).replace("\N{NO-BREAK SPACE}", " ")
    assert "20,000 files; the 500 largest are here" in said
    assert "20,000 changes; the 500 largest are here" in said
    assert "And 19,800 more problems." in said


# Colours.


def colours(scheme):
    """The custom properties of the style sheet that are colours, in a scheme."""
    sheet = (files("hiss.build.report") / "page.css").read_text("utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    if scheme == "dark":
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark))
    return found


def contrast(one, other):
    """The contrast ratio of two colours (WCAG 2.2)."""

    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


TEXT_ON = [
    *((f"{kind}-ink", kind) for kind in (*FAMILIES, "folder", "error", "warning")),
    *((ink, ground) for ink in ("ink", "muted", "accent") for ground in ("page", "surface")),
    ("muted", "folder"),
    ("ink", "folder"),
    ("surface", "accent"),
    ("error-ink", "surface"),
    ("warning-ink", "surface"),
    ("page", "ink"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_ON)
def test_text_has_contrast(scheme, ink, ground):
    """Text stands out from what it stands on by 4.5 to 1 or more (WCAG 2.2, 1.4.3)."""
    palette = colours(scheme)
    assert contrast(palette[ink], palette[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "surface", "folder", *FAMILIES])
def test_focus_has_contrast(scheme, ground):
    """The ring of focus stands out from what is around it by 3 to 1 or more (WCAG 2.2, 1.4.11)."""
    palette = colours(scheme)
    assert contrast(palette["focus"], palette[ground]) >= 3
