"""The plan: names from what files will say, circles named together, and every problem at once."""

import re

import pytest
from trees import hashed, read_in

from hiss.build.plan import plan
from hiss.build.problems import Rules, Verdict


def planned(files, **how):
    """Logical name to the published one, and to what is published there."""
    made = plan(read_in(files), **how)
    assert made.problems == ()
    return {
        each.inspected.source.name: (each.file, each.content.read().decode()) for each in made.files
    }


def test_a_file_that_names_nothing():
    """Its name is Django's, its bytes are its own."""
    [each] = plan(read_in({"img/a.b.png": b"\x89PNG"})).files
    assert each.file == hashed("img/a.b.png", b"\x89PNG")
    assert each.content is each.inspected.content
    assert (each.immutable, each.references) == (True, ())


@pytest.mark.parametrize("name", ["LICENSE", "a/b/LICENSE", "a.tar.gz", ".well-known/x", "a b.txt"])
def test_names_without_and_with_extensions(name):
    """The hash stands before the last extension, or at the end."""
    assert planned({name: "x"})[name][0] == hashed(name, "x")


def test_names_are_rewritten_before_they_are_hashed():
    """A changed image changes the sheet that names it, and the sheet that imports that."""
    files = {
        "css/app.css": '@import "base.css"; a{b:url(../img/a.png?x#y)}',
        "css/base.css": "a{b:url(/static/img/a.png)}",
        "img/a.png": "1",
    }
    found = planned(files)
    image = hashed("img/a.png", "1")
    base = f"a{{b:url(/static/{image})}}"
    assert found["css/base.css"] == (hashed("css/base.css", base), base)
    base_name = hashed("base.css", base)
    app = f'@import "{base_name}"; a{{b:url(../{image}?x#y)}}'
    assert found["css/app.css"] == (hashed("css/app.css", app), app)
    other = planned(files | {"img/a.png": "2"})
    assert all(found[name][0] != other[name][0] for name in files)


def test_what_is_not_named_does_not_matter():
    """A change elsewhere changes no name."""
    before = planned({"a.css": "a{b:url(x.png)}", "x.png": "1", "y.png": "1"})
    after = planned({"a.css": "a{b:url(x.png)}", "x.png": "1", "y.png": "2"})
    assert [before[name] == after[name] for name in ("a.css", "x.png", "y.png")] == [
        True,
        True,
        False,
    ]


CIRCLE = {
    "a.js": 'import "./b.js"; a()',
    "b.js": 'import "./c.js"; b()',
    "c.js": 'import "./a.js"; import "./leaf.js"; c()',
    "leaf.js": "leaf()",
    "entry.js": 'import "./a.js"',
}


def test_a_circle_is_named_together():
    """Its files name each other by their new names; a change in one, or below, renames all."""
    found = planned(CIRCLE)
    for name, target in (
        ("a.js", "b.js"),
        ("b.js", "c.js"),
        ("c.js", "a.js"),
        ("entry.js", "a.js"),
    ):
        assert f'import "./{found[target][0]}"' in found[name][1]
    for changed in ("a.js", "b.js", "c.js", "leaf.js"):
        other = planned(CIRCLE | {changed: CIRCLE[changed] + "//"})
        for name in ("a.js", "b.js", "c.js", "entry.js"):
            assert found[name][0] != other[name][0], (changed, name)
    other = planned(CIRCLE | {"entry.js": CIRCLE["entry.js"] + "//"})
    assert [name for name in CIRCLE if found[name] != other[name]] == ["entry.js"]


def test_names_in_a_circle_are_hashes_too():
    """They have the same form as others, and differ where files do not."""
    same = {"a.js": 'import "./b.js"', "b.js": 'import "./a.js"'}
    names = [file for file, _ in planned(same).values()]
    assert all(re.fullmatch(r"[ab]\.[0-9a-f]{12}\.js", name) for name in names)
    alike = {"x/i.js": 'import "../y/i.js"', "y/i.js": 'import "../x/i.js"'}
    assert planned(alike)["x/i.js"][0] != planned(alike)["y/i.js"][0].replace("y/", "x/")


def test_a_file_that_names_itself():
    """Is a circle of one."""
    found = planned({"a.js": 'import("./a.js")'})
    file, text = found["a.js"]
    assert text == f'import("./{file}")'
    assert file != planned({"a.js": 'import("./a.js") '})["a.js"][0]


def test_circles_of_the_same_text_in_other_companies_differ():
    """The name of one says what all say: a.js is the same, what it imports imports another."""
    one = planned({"a.js": 'import "./b.js"', "b.js": 'import "./a.js"; 1'})
    other = planned({"a.js": 'import "./b.js"', "b.js": 'import "./a.js"; 2'})
    assert one["a.js"][0] != other["a.js"][0]


def test_references_are_recorded_once_each_in_order():
    """The logical names of what a file names; what is elsewhere or missing is none."""
    files = {
        "a.css": "a{b:url(z.png) url(b.png) url(z.png#x) url(https://e.example/q) url(none.png)}",
        "b.png": "",
        "z.png": "",
    }
    made = plan(read_in(files), rules=Rules({"own": "ignore"}))
    assert [each.references for each in made.files] == [("z.png", "b.png"), (), ()]


def test_other_names():
    """A project's own way of naming is followed everywhere, and may leave a name as it is."""

    def name_of(name, content):
        return name if name.endswith(".txt") else f"{name}.{content.size}"

    found = planned(
        {"a.css": "a{b:url(x.png) url(y.txt)}", "x.png": "123", "y.txt": ""}, name_of=name_of
    )
    text = "a{b:url(x.png.3) url(y.txt)}"
    assert found["a.css"] == (f"a.css.{len(text)}", text)
    assert found["y.txt"][0] == "y.txt"
    [made, *_] = plan(read_in({"y.txt": ""}), name_of=name_of).files
    assert not made.immutable


def test_a_file_whose_every_reference_keeps_its_name_is_not_rewritten():
    """Its content is its source's, which need not be held in memory."""
    made = plan(read_in({"a.css": "a{b:url(x-1.png)}", "x-1.png": ""}), prehashed={"x-1.png"})
    assert [each.content is each.inspected.content for each in made.files] == [True, True]


def test_the_prefix_says_which_absolute_paths_are_ours():
    """Below it a path must be a file; elsewhere on the site it is another's."""
    files = {"a.css": "a{b:url(/assets/x.png) url(/static/x.png)}", "x.png": ""}
    found = planned(files, prefix="/assets/")
    assert found["a.css"][1] == f"a{{b:url(/assets/{found['x.png'][0]}) url(/static/x.png)}}"


def test_what_another_tool_named_is_passed_through():
    """Not renamed, not rewritten, immutable; what names it names it as it was."""
    files = {
        "app-Abcd1234.js": 'import "./chunk-Efgh5678.js"; new URL("./logo.svg", import.meta.url)',
        "chunk-Efgh5678.js": "",
        "logo.svg": "",
        "site.js": 'import "./app-Abcd1234.js"',
    }
    prehashed = {"app-Abcd1234.js", "chunk-Efgh5678.js"}
    made = {e.inspected.source.name: e for e in plan(read_in(files), prehashed=prehashed).files}
    for name in prehashed:
        assert (made[name].file, made[name].immutable) == (name, True)
        assert made[name].content.read().decode() == files[name]
    assert made["app-Abcd1234.js"].references == ("chunk-Efgh5678.js", "logo.svg")
    assert made["site.js"].content.read().decode() == files["site.js"]
    assert made["site.js"].file == hashed("site.js", files["site.js"])


MODULES = ["import './own.js'", "export * from './own.js'", "import('./own.js')"]


@pytest.mark.parametrize("text", MODULES)
@pytest.mark.parametrize("rules", [{}, {"*": "ignore"}])
def test_a_module_has_one_url(text, rules):
    """A bundle that imports a file which we would rename is an error that names both, always."""
    files = {"app-Abcd1234.js": f"a();\n  {text}", "own.js": ""}
    made = plan(read_in(files), prehashed={"app-Abcd1234.js"}, rules=Rules(rules))
    [problem] = made.problems
    assert (problem.id, problem.verdict) == ("two-urls", Verdict.ERROR)
    assert "app-Abcd1234.js" in problem.message
    assert "own.js" in problem.message
    assert (problem.wanted, problem.text, problem.line) == ("own.js", "./own.js", 2)
    assert problem.column == 3 + text.index("./own.js")
    assert problem.rule


@pytest.mark.parametrize(
    "files",
    [
        # What is no module may be fetched under two names.
        {"app-Abcd1234.js": 'new URL("./own.js", import.meta.url)', "own.js": ""},
        {"app-Abcd1234.js": "//# sourceMappingURL=own.js", "own.js": ""},
        {"app-Abcd1234.js": "a{b:url(own.js)}", "own.js": ""},
        # Ours imports theirs, under its one name.
        {"own.js": 'import "./app-Abcd1234.js"', "app-Abcd1234.js": ""},
    ],
)
def test_no_module_has_two_urls_here(files):
    """Nothing is said where nothing would run twice."""
    assert plan(read_in(files), prehashed={"app-Abcd1234.js"}).problems == ()


# The file, what it says, and what is said of it: line, column, text, wanted, nearest.
MISSING = [
    (
        "css/app.css",
        "a{b:url(../img/lgoo.svg)}",
        (1, 9, "../img/lgoo.svg", "img/lgoo.svg", "img/logo.svg"),
    ),
    (
        "css/app.css",
        "ü{}\n\n  a{b:url('LOGO.SVG?x')}",
        (3, 12, "LOGO.SVG?x", "css/LOGO.SVG", "img/logo.svg"),
    ),
    (
        "css/app.css",
        "a{b:url(/static/Img/Logo.svg)}",
        (1, 9, "/static/Img/Logo.svg", "Img/Logo.svg", "img/logo.svg"),
    ),
    ("css/app.css", '@import "bass.css";', (1, 10, "bass.css", "css/bass.css", "css/base.css")),
    (
        "css/app.css",
        "a{b:url(../../static/q.png)}",
        (1, 9, "../../static/q.png", "q.png", None),
    ),
    ("css/app.css", "a{b:image-set('gone away' 1x)}", (1, 16, "gone away", "css/gone away", None)),
    (r"css/app.css", r"a{b:url(n\6fne.png)}", (1, 9, r"n\6fne.png", "css/none.png", None)),
    ("js/app.js", "import x from\n  './utli.js'", (2, 4, "./utli.js", "js/utli.js", "js/util.js")),
    ("js/app.js", "export {x} from './util'", (1, 18, "./util", "js/util", "js/util.js")),
    (
        "js/app.js",
        "new URL('util.wasm', import.meta.url)",
        (1, 10, "util.wasm", "js/util.wasm", "js/util.js"),
    ),
]
THERE = {"css/base.css": "", "img/logo.svg": "", "js/util.js": ""}


@pytest.mark.parametrize(("name", "text", "expected"), MISSING)
def test_a_missing_file(name, text, expected):
    """Where it is named, as what, what was looked for, what is near, and what to do."""
    made = plan(read_in({name: text, **THERE}))
    [problem] = made.problems
    near = problem.near[0] if problem.near else None
    assert (problem.line, problem.column, problem.text, problem.wanted, near) == expected
    assert (problem.file, problem.path, problem.owner) == (name, f"/src/{name}", "")
    assert problem.wanted in problem.message
    assert f'"{name}": "ignore"' in problem.rule
    assert problem.verdict is (Verdict.WARNING if name.endswith(".js") else Verdict.ERROR)


def test_every_problem_is_in_one_report():
    """Of all files, in the order of names, each with whose it is; the plan goes on."""
    own = {"b.css": "a{b:url(1.png) url(2.png)}", "a.js": "import './3.js'", "ok.css": ""}
    vendor = {"v.css": "a{b:url(4.png)}"}
    made = plan([*read_in(vendor, owner="django"), *read_in(own)])
    assert [(p.file, p.wanted, p.owner, p.verdict.value) for p in made.problems] == [
        ("a.js", "3.js", "", "warn"),
        ("b.css", "1.png", "", "error"),
        ("b.css", "2.png", "", "error"),
        ("v.css", "4.png", "django", "warn"),
    ]
    assert [each.inspected.source.name for each in made.files] == [
        "a.js",
        "b.css",
        "ok.css",
        "v.css",
    ]


def test_what_is_ignored_is_not_told():
    """Nor rewritten."""
    text = "a{b:url(1.png)} /*# sourceMappingURL=a.css.map */"
    assert planned({"a.css": text}, rules=Rules({"*.css": "ignore"}))["a.css"][1] == text


def test_a_missing_source_map_is_not_even_a_warning():
    """Packages leave them out as a rule."""
    made = plan(
        read_in(
            {"a.js": "a()\n//# sourceMappingURL=a.js.map", "b.css": "/*# sourceMappingURL=b.map */"}
        )
    )
    assert made.problems == ()


def test_a_source_map_that_is_there_is_named():
    """As every other file is."""
    found = planned({"a.js": "a()\n//# sourceMappingURL=a.js.map", "a.js.map": "{}"})
    assert found["a.js"][1] == f"a()\n//# sourceMappingURL={found['a.js.map'][0]}"


@pytest.mark.parametrize(
    "text", ["new URL('./', import.meta.url)", "new URL('.', import.meta.url)"]
)
def test_a_folder_is_no_problem(text):
    """A module may ask where it lies."""
    assert plan(read_in({"js/app.js": text})).problems == ()


@pytest.mark.parametrize("url", ["img//x.png", "img%2Fx.png", "img%5Cx.png"])
def test_a_url_that_leads_nowhere_is_a_problem(url):
    """What is taken for a name must be a URL of that file in a browser, too."""
    made = plan(read_in({"a.css": f"a{{b:url({url})}}", "img/x.png": ""}))
    [problem] = made.problems
    assert (problem.id, problem.wanted, problem.verdict) == (
        "missing-reference",
        url,
        Verdict.ERROR,
    )


@pytest.mark.parametrize("url", ["img/x.png/", "img/x.png/.", "img", "img/.."])
def test_a_folder_is_not_taken_for_the_file(url):
    """A file's name with a slash behind it is another URL: it is left as it is."""
    text = f"a{{b:url({url})}}"
    made = plan(read_in({"a.css": text, "img/x.png": ""}), rules=Rules({"own": "ignore"}))
    assert made.files[0].content.read().decode() == text
    assert made.files[0].references == ()


@pytest.mark.parametrize(("taken", "expected"), [(b"edited", ["name-taken"]), (b"a{}", [])])
def test_a_name_that_is_taken(taken, expected):
    """A source may be called what another is published as only if it says the same."""
    name = hashed("a.css", "a{}")
    made = plan(read_in({"a.css": "a{}", name: taken}))
    assert [each.id for each in made.problems] == expected
    for problem in made.problems:
        assert (problem.file, problem.wanted) == ("a.css", name)
        assert problem.verdict is Verdict.ERROR


def test_files_in_any_order_have_the_same_plan():
    """Names depend on no order but that of names."""
    files = {**CIRCLE, "a.css": "a{b:url(x.png) url(none.png)}", "x.png": ""}
    forth, back = plan(read_in(files)), plan(reversed(read_in(files)))
    assert forth == back
