"""What holds of every plan: names are hashes of what is said, and what is said leads somewhere."""

import posixpath
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from trees import hashed, read_in

from hiss.build.graph import components
from hiss.build.plan import plan
from hiss.build.references import Kind, Reference
from hiss.build.resolve import resolve

FOLDERS = ["", "css/", "js/", "a b/", "deep/er/ü/"]
STEMS = ["x", "main", "it's (1)", "ß", "a.b"]
NAMES = st.builds(
    "{}{}{}".format,
    st.sampled_from(FOLDERS),
    st.sampled_from(STEMS),
    st.sampled_from([".css", ".js", ".png", ""]),
)
TAILS = ["", "?v=1", "#frag", "?#iefix", "#a/b?c/d"]
CSS_FORMS = [
    "url({})",
    "url( '{}' )",
    '@import "{}";',
    "image-set('{}' 1x)",
    "/*# sourceMappingURL={} */",
]
JS_FORMS = [
    "import '{}';",
    "import('{}');",
    "export * from `{}`;",
    'export * from "{}";',
    "new URL('{}', import.meta.url);",
    "\n//# sourceMappingURL={}\n",
]
FILLER = ["", "a{{}}", "/* ü */", "\r\n\t", "x = 1;"]


@st.composite
def trees(draw):
    """A tree whose files name each other, anyhow, in all the forms that there are."""
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=8))
    files = {}
    for name in names:
        forms = {".css": CSS_FORMS, ".js": JS_FORMS}.get(posixpath.splitext(name)[1], [])
        text = draw(st.sampled_from(FILLER))
        for _ in range(draw(st.integers(0, 3)) if forms else 0):
            target = draw(st.sampled_from(names))
            text += draw(st.sampled_from(forms)).format(draw(urls(name, target)))
            text += draw(st.sampled_from(FILLER))
        files[name] = text
    return files


@st.composite
def urls(draw, name, target):
    """A URL by which a file may name another."""
    relative = posixpath.relpath(target, posixpath.dirname(name) or ".")
    path = draw(st.sampled_from([f"./{relative}", f"/static/{target}"]))
    return quote(path, safe="/.") + draw(st.sampled_from(TAILS))


@given(trees())
def test_every_reference_leads_to_a_file_of_that_content(files):
    """What is published names what is published, under the name that its own bytes make."""
    made = plan(read_in(files))
    assert made.problems == ()
    published = {each.file: each.content.read() for each in made.files}
    assert len(published) == len(files)
    graph = {each.inspected.source.name: each.references for each in made.files}
    circles = {
        name
        for component in components(graph)
        for name in component
        if len(component) > 1 or name in graph[name]
    }
    for each in made.files:
        name = each.inspected.source.name
        if name not in circles:
            assert each.file == hashed(name, each.content.read())
        [again] = read_in({each.file: each.content.read()})
        found = [resolve(reference, each.file, "/static/") for reference in again.references]
        assert set(found) == {
            other.file for other in made.files if other.inspected.source.name in each.references
        }
        assert len(found) == len(each.inspected.references)
        assert set(found) <= set(published)


@given(trees())
def test_nothing_but_names_changes(files):
    """Between references every byte stays; within them query, fragment and folders do."""
    made = plan(read_in(files))
    for each in made.files:
        before, after = each.inspected.content.read(), each.content.read()
        [again] = read_in({each.file: after})
        place_before = place_after = 0
        for old, new in zip(each.inspected.references, again.references, strict=True):
            assert before[place_before : old.start] == after[place_after : new.start]
            assert old.kind is new.kind
            old_path, new_path = (ref.url.partition("#")[0].partition("?")[0] for ref in (old, new))
            assert posixpath.dirname(old_path) == posixpath.dirname(new_path)
            assert old.url[len(old_path) :] == new.url[len(new_path) :]
            place_before, place_after = old.end, new.end
        assert before[place_before:] == after[place_after:]


@given(trees(), st.randoms(use_true_random=False))
def test_a_plan_depends_on_nothing_but_the_files(files, random):
    """Nor does a plan of what it made: made twice, in any order, it has the same names."""
    read = read_in(files)
    made = plan(read)
    assert plan(random.sample(read, len(read))) == made
    output = {each.file: each.content.read() for each in made.files}
    again = plan(read_in(output))
    assert again.problems == ()
    shuffled = dict(random.sample(sorted(output.items()), len(output)))
    assert [each.file for each in plan(read_in(shuffled)).files] == [
        each.file for each in again.files
    ]


@given(trees(), st.data())
def test_a_change_renames_what_depends_on_it_and_nothing_else(files, data):
    """The file itself and all that name it, however far; a name is never used for other bytes."""
    changed = data.draw(st.sampled_from(sorted(files)))
    before = {each.inspected.source.name: each for each in plan(read_in(files)).files}
    text = {changed: f"/**/{files[changed]}"}
    after = {each.inspected.source.name: each for each in plan(read_in(files | text)).files}
    depends = {changed}
    while more := {name for name, each in before.items() if depends & {*each.references}} - depends:
        depends |= more
    assert {name for name in files if before[name].file != after[name].file} == depends


@given(st.sampled_from(list(Kind)), st.text(max_size=20), NAMES)
def test_any_url_resolves_to_a_name_or_to_nothing(kind, url, name):
    """Whatever a file says, nothing raises; what comes is no path from the root."""
    found = resolve(Reference(0, len(url), url, kind), name, "/static/")
    assert found is None or not found.startswith("/static")
