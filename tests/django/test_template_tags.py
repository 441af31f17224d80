"""`{% load hiss %}`: what the tags print, and what a browser makes of it."""

import json
import re
import shutil
from base64 import b64encode
from hashlib import sha384
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.template import Context, TemplateSyntaxError, engines
from django.test import RequestFactory
from django.test.utils import setup_test_environment, teardown_test_environment
from django.urls import path
from django.utils.functional import SimpleLazyObject, empty
from django.utils.safestring import mark_safe

from harness.servers import serving
from hiss.django.elements import make_importmap
from hiss.django.storage import CompressedManifestStaticFilesStorage

SOURCES = {
    "css/app.css": "body { background: rgb(1, 2, 3) }\n",
    "js/app.js": 'import { mark } from "./deep/mark.js";\n'
    'import "bare";\n'
    'mark("app");\n'
    'window.later = () => import("./later.js");\n',
    "js/deep/mark.js": 'import { list } from "../list.mjs";\n'
    "export const mark = (word) => {\n"
    "  list.push(word);\n"
    '  document.documentElement.dataset.ran = list.join(" ");\n'
    "};\n",
    "js/list.mjs": "export const list = [];\n",
    "js/later.js": 'import { mark } from "./deep/mark.js";\nmark("later");\n',
    "js/old.js": 'document.documentElement.dataset.old = "yes";\n',
    "vendor/bare.js": 'import { mark } from "../js/deep/mark.js";\nmark("bare");\n'
    'export const hill = new URL("../img/hill.svg", import.meta.url);\n',
    "fonts/text.woff2": "not a font",
    "img/hill.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "img/a b's.png": "not an image",
    "site.webmanifest": "{}",
    "data.json": "{}",
    "talk.vtt": "WEBVTT\n",
    "film.webm": "not a film",
}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
SHOWN = {"script": "js/old.js", "yes": True, "no": False, "none": None}


@pytest.fixture(autouse=True)
def sources(make_tree, configure):
    """The source tree, and a template engine."""
    configure(TEMPLATES=TEMPLATES)
    return make_tree(SOURCES, "sources")


@pytest.fixture
def built(collect):
    """A release of it: STATIC_ROOT."""
    return collect()


def render(text, context=SHOWN, request=None):
    """What a template prints that begins by loading the tags."""
    template = engines["django"].from_string("{% load hiss %}" + text)
    return template.render(dict(context), request)


def hashed(root, name):
    """The published name of a file."""
    return json.loads((root / "staticfiles.json").read_text())["paths"][name]


def integrity(root, name):
    """The integrity of what is published for a name."""
    data = (root / hashed(root, name)).read_bytes()
    return "sha384-" + b64encode(sha384(data).digest()).decode()


def fill(root, text):
    """The text with `[js/app.js]` as its hashed URL, `<js/app.js>` as its integrity and CORS."""
    for name in SOURCES:
        checked = f'integrity="{integrity(root, name)}" crossorigin="anonymous"'
        url = f"/static/{hashed(root, name)}".replace("'", "&#x27;")
        text = text.replace(f"[{name}]", url).replace(f"<{name}>", checked)
    return text


ELEMENTS = {
    # By the kind of file.
    '{% asset "css/app.css" %}': '<link rel="stylesheet" href="[css/app.css]" <css/app.css>>',
    '{% asset "js/old.js" %}': '<script src="[js/old.js]" <js/old.js>></script>',
    '{% asset "js/list.mjs" %}': '<script type="module" src="[js/list.mjs]" <js/list.mjs>>'
    "</script>",
    '{% asset "img/hill.svg" alt="" %}': '<img src="[img/hill.svg]" alt="">',
    '{% asset "site.webmanifest" %}': '<link rel="manifest" href="[site.webmanifest]">',
    '{% asset "img/hill.svg" rel="icon" %}': '<link rel="icon" href="[img/hill.svg]" '
    'type="image/svg+xml">',
    '{% asset "css/app.css" rel="alternate stylesheet" title="Dark" %}': "<link "
    'rel="alternate stylesheet" href="[css/app.css]" type="text/css" <css/app.css> title="Dark">',
    # Attributes.
    '{% asset "js/old.js" defer %}': '<script src="[js/old.js]" <js/old.js> defer></script>',
    '{% asset "js/old.js" module %}': '<script type="module" src="[js/old.js]" <js/old.js>>'
    "</script>",
    '{% asset "js/old.js" module=yes async=no defer=none id=undefined %}': "<script "
    'type="module" src="[js/old.js]" <js/old.js>></script>',
    '{% asset "js/old.js" data-turbo-track="reload" @load="go" %}': "<script "
    'src="[js/old.js]" <js/old.js> data-turbo-track="reload" @load="go"></script>',
    '{% asset "css/app.css" integrity=no crossorigin=no %}': "<link "
    'rel="stylesheet" href="[css/app.css]">',
    '{% asset "img/hill.svg" alt="" width=40 %}': '<img src="[img/hill.svg]" alt="" width="40">',
    # Names that are expressions, and texts that go elsewhere.
    "{% asset script defer %}": '<script src="[js/old.js]" <js/old.js> defer></script>',
    '{% asset "js/old"|add:".js" %}': '<script src="[js/old.js]" <js/old.js>></script>',
    '{% asset "css/app.css" as it %}({{ it }})': '(<link rel="stylesheet" '
    'href="[css/app.css]" <css/app.css>>)',
    '{% asset "img/hill.svg#top" alt="" %}': '<img src="[img/hill.svg]#top" alt="">',
    '{% asset "js/old.js?x=1" %}': '<script src="[js/old.js]?x=1" <js/old.js>></script>',
    # Early.
    '{% preload "fonts/text.woff2" %}': '<link rel="preload" href="[fonts/text.woff2]" '
    'as="font" type="font/woff2" crossorigin="anonymous">',
    '{% preload "css/app.css" %}': '<link rel="preload" href="[css/app.css]" as="style" '
    'type="text/css" <css/app.css>>',
    '{% preload "js/old.js" %}': '<link rel="preload" href="[js/old.js]" as="script" '
    'type="text/javascript" <js/old.js>>',
    '{% preload "js/list.mjs" integrity=no %}': '<link rel="preload" href="[js/list.mjs]" '
    'as="script" type="text/javascript" crossorigin="anonymous">',
    '{% preload "img/hill.svg" fetchpriority="high" %}': '<link rel="preload" '
    'href="[img/hill.svg]" as="image" type="image/svg+xml" fetchpriority="high">',
    '{% preload "data.json" %}': '<link rel="preload" href="[data.json]" as="fetch" '
    'type="application/json" crossorigin="anonymous">',
    '{% preload "talk.vtt" %}': '<link rel="preload" href="[talk.vtt]" as="track" type="text/vtt">',
    '{% preload "film.webm" as="fetch" %}': '<link rel="preload" href="[film.webm]" '
    'as="fetch" type="video/webm" crossorigin="anonymous">',
    '{% modulepreload "js/list.mjs" %}': '<link rel="modulepreload" href="[js/list.mjs]" '
    "<js/list.mjs>>",
    '{% modulepreload "vendor/bare.js" fetchpriority="low" %}': '<link rel="modulepreload" '
    'href="[vendor/bare.js]" <vendor/bare.js> fetchpriority="low">\n<link rel="modulepreload" '
    'href="[js/deep/mark.js]" <js/deep/mark.js> fetchpriority="low">\n<link rel="modulepreload" '
    'href="[js/list.mjs]" <js/list.mjs> fetchpriority="low">',
}


@pytest.mark.parametrize("text", ELEMENTS)
def test_elements(built, text):
    """Each tag prints the element for its file: hashed URL, integrity, attributes."""
    assert render(text) == fill(built, ELEMENTS[text])


PLAIN = {
    '{% asset "css/app.css" %}': '<link rel="stylesheet" href="/static/css/app.css">',
    '{% asset "js/app.js" module %}': '<script type="module" src="/static/js/app.js"></script>',
    '{% preload "fonts/text.woff2" %}': '<link rel="preload" href="/static/fonts/text.woff2" '
    'as="font" type="font/woff2" crossorigin="anonymous">',
    '{% preload "js/list.mjs" %}': '<link rel="preload" href="/static/js/list.mjs" '
    'as="script" type="text/javascript" crossorigin="anonymous">',
    '{% preload "js/app.js" module %}': '<link rel="preload" href="/static/js/app.js" '
    'as="script" type="text/javascript" crossorigin="anonymous">',
    '{% modulepreload "js/app.js" %}': '<link rel="modulepreload" href="/static/js/app.js">',
    '{% importmap "js/app.js" bare="vendor/bare.js" %}': '<script type="importmap">'
    '{"imports":{"bare":"/static/vendor/bare.js"}}</script>',
}


@pytest.mark.parametrize("text", PLAIN)
def test_in_development_nothing_is_hashed(built, configure, text):
    """With DEBUG, URLs are plain and have no integrity, that an edit may show."""
    configure(DEBUG=True)
    assert render(text) == PLAIN[text]


@pytest.mark.parametrize("text", PLAIN)
def test_tests_need_no_build(configure, tmp_path, text):
    """In tests that are run without a build, URLs are plain."""
    storage = {"BACKEND": "hiss.django.storage.CompressedManifestStaticFilesStorage"}
    configure(STATIC_ROOT=tmp_path / "none", STORAGES={"staticfiles": storage})
    setup_test_environment()
    try:
        assert render(text) == PLAIN[text]
    finally:
        teardown_test_environment()


@pytest.mark.parametrize("text", PLAIN)
def test_plain_storage_has_no_integrity(collect, text):
    """With Hiss's plain storage, names say nothing of the content."""
    collect(storage="CompressedStaticFilesStorage")
    assert render(text) == PLAIN[text]


@pytest.mark.parametrize("text", PLAIN)
def test_staticfiles_need_not_be_installed(configure, text):
    """Without Django's app, and without a storage for it, URLs are STATIC_URL and the name."""
    storages = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    configure(INSTALLED_APPS=["hiss.django"], MIDDLEWARE=[], STORAGES=storages)
    assert render(text) == PLAIN[text]


class HalfHashed(CompressedManifestStaticFilesStorage):
    """A project's own storage, which leaves style sheets their names."""

    def file_hash(self, name, content=None):
        return None if name and name.endswith(".css") else super().file_hash(name, content)


def test_a_recorded_file_without_a_hash_has_no_integrity(collect):
    """What a project's storage does not hash may change under its name, recorded or not."""
    root = collect(storage="test_template_tags.HalfHashed")
    assert render('{% asset "css/app.css" %}') == PLAIN['{% asset "css/app.css" %}']
    assert render('{% asset "js/old.js" %}') == fill(root, ELEMENTS['{% asset "js/old.js" %}'])


class Elsewhere(CompressedManifestStaticFilesStorage):
    """A project's own storage, whose URLs lead to files that it knows nothing of."""

    def url(self, name, force=False):
        return f"https://cdn.example{super().url(name, force)}"


def test_urls_that_a_project_makes_have_no_integrity(collect):
    """A URL that is not below the storage's own may be of another file."""
    root = collect(storage="test_template_tags.Elsewhere")
    url = f"https://cdn.example/static/{hashed(root, 'css/app.css')}"
    assert render('{% asset "css/app.css" %}') == f'<link rel="stylesheet" href="{url}">'


def test_a_bundlers_hash_is_as_good(make_tree, collect, configure):
    """What Vite has named by its content has integrity under that name, though not with DEBUG."""
    name = "dist/main-BRBmoGS9.js"
    bundle = {"dist/manifest.json": '{"main.js": {"file": "main-BRBmoGS9.js"}}', name: "let a = 1"}
    make_tree(bundle, "sources")
    root = collect()
    checked = f'integrity="{integrity(root, name)}" crossorigin="anonymous"'
    tag = f'{{% asset "{name}" %}}'
    assert render(tag) == f'<script src="/static/{name}" {checked}></script>'
    configure(DEBUG=True)
    assert render(tag) == f'<script src="/static/{name}"></script>'


def test_another_storage_has_no_integrity(built, collect):
    """What Django's own storage names is hashed, and nobody vouches for it."""
    root = collect(storage="django.contrib.staticfiles.storage.ManifestStaticFilesStorage")
    url = f"/static/{hashed(root, 'css/app.css')}"
    assert render('{% asset "css/app.css" %}') == f'<link rel="stylesheet" href="{url}">'


def test_urls_of_another_host_are_checked_too(collect):
    """With STATIC_URL on a CDN, integrity is there, and CORS that allows the check."""
    root = collect(STATIC_URL="https://cdn.example/s/")
    checked = fill(root, "<css/app.css>")
    url = f"https://cdn.example/s/{hashed(root, 'css/app.css')}"
    assert render('{% asset "css/app.css" %}') == f'<link rel="stylesheet" href="{url}" {checked}>'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\"><script>alert('x')</script>", "&quot;&gt;&lt;script&gt;alert(&#x27;x&#x27;)"),
        (mark_safe('a "quoted" &amp; safe'), "a &quot;quoted&quot; &amp; safe"),
    ],
)
@pytest.mark.parametrize("wrap", ["{}", "{{% autoescape off %}}{}{{% endautoescape %}}"])
def test_attributes_are_escaped(built, value, shown, wrap):
    """No value leaves its attribute, whatever the template escapes."""
    text = render(wrap.format('{% asset "img/hill.svg" alt=value %}'), {"value": value})
    assert text.startswith(f'<img src="/static/{hashed(built, "img/hill.svg")}" alt="{shown}')
    assert text.count("<") == text.count(">") == 1
    assert text.count('"') == 4


def test_urls_are_escaped(built):
    """A name with a space and a quote stays one attribute, as in `{% static %}`."""
    expected = fill(built, """<img src="[img/a b's.png]" alt="">""")
    assert render("""{% asset "img/a b's.png" alt="" %}""") == expected


def test_modulepreload_leaves_what_loads_late(built):
    """What a module imports dynamically is not fetched with it."""
    text = render('{% modulepreload "js/app.js" %}')
    early = ["js/app.js", "js/deep/mark.js", "js/list.mjs"]
    assert re.findall(r'href="(.+?)"', text) == [f"/static/{hashed(built, n)}" for n in early]


TAGS = ("asset", "preload", "modulepreload", "importmap")


@pytest.mark.parametrize("tag", TAGS)
def test_missing_is_what_static_says(built, tag):
    """A name without a file is the error of `{% static %}`, with the line of the tag."""
    with pytest.raises(ValueError, match=r"'js/ap\.js'.*line 2.*js/app\.js"):
        render(f'\n{{% {tag} "js/ap.js" %}}')
    with pytest.raises(ValueError, match=r"Missing staticfiles manifest entry for 'js/ap\.js'"):
        render(f'\n{{% load static %}}{{% static "js/ap.js" %}}{{% {tag} "js/ap.js" %}}')


MISTAKES = {
    "{% asset %}": "needs the name of a file",
    "{% asset undefined %}": "undefined is None",
    '{% preload "" %}': "needs the name of a file",
    '{% importmap a="" %}': "needs the name of a file",
    '{% asset "a.css" "b.css" %}': 'takes one file, and then attributes; "b.css"',
    '{% asset "a.css" on>click="x" %}': "on>click is no attribute",
    '{% asset "img/hill.svg" %}': r'"img/hill\.svg".*needs alt=',
    '{% asset "fonts/text.woff2" %}': "no element for font/woff2",
    '{% preload "film.webm" %}': "do not preload video/webm",
    '{% modulepreload "css/app.css" %}': "text/css is no module",
    '{% importmap "css/app.css" %}': r'"importmap" is for scripts; .*css/app.* is text/css',
    '{% importmap "js/app.js" styles="css/app.css" %}': "is for scripts; styles is text/css",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_told(built, text):
    """What has no element, or no name, says so and says what would do."""
    with pytest.raises(TemplateSyntaxError, match=MISTAKES[text]):
        render(text)


def read_importmap(text, attributes=""):
    """The import map in a script element."""
    start, end = f'<script type="importmap"{attributes}>', "</script>"
    assert text.startswith(start)
    assert text.endswith(end)
    return json.loads(text[len(start) : -len(end)])


def test_importmap(built):
    """Logical paths and bare names map to hashed URLs; all they load has its integrity."""
    found = read_importmap(render('{% importmap "js/app.js" bare="vendor/bare.js" %}'))
    loaded = ["js/app.js", "js/deep/mark.js", "js/list.mjs", "js/later.js", "vendor/bare.js"]
    urls = {name: f"/static/{hashed(built, name)}" for name in loaded}
    assert found == {
        "imports": {"/static/js/app.js": urls["js/app.js"], "bare": urls["vendor/bare.js"]},
        "integrity": {urls[name]: integrity(built, name) for name in loaded},
    }


def test_importmap_names_are_free(built):
    """Scoped packages, folders' paths, and names that are expressions."""
    text = render(
        '{% importmap @scope/old=script a/b.js="js/list"|add:".mjs" script as it %}{{it}}'
    )
    old, lists = (f"/static/{hashed(built, name)}" for name in ("js/old.js", "js/list.mjs"))
    imports = {"/static/js/old.js": old, "@scope/old": old, "a/b.js": lists}
    assert read_importmap(text)["imports"] == imports


@pytest.mark.parametrize("key", ["</script><!--&", "a\u2028b\u2029"])
def test_importmap_is_safe_in_a_script(key):
    """Nothing in it ends the script, or a line of it."""
    text = make_importmap({key: "/static/a.js"}, [], lambda: None)
    assert read_importmap(text) == {"imports": {key: "/static/a.js"}}
    inner = text.removeprefix('<script type="importmap">').removesuffix("</script>")
    assert not set(inner) & set("<>&\u2028\u2029")


class Nonce(SimpleLazyObject):
    """As Django makes it: made when it is read as text, and untrue until then."""

    def __init__(self):
        super().__init__(lambda: "r4nd0m")

    def __bool__(self):
        return self.was_made

    @property
    def was_made(self):
        return self._wrapped is not empty


WITH_NONCE = (
    '{% asset "css/app.css" %}',
    '{% asset "js/old.js" %}',
    '{% preload "css/app.css" %}',
    '{% preload "js/old.js" %}',
    '{% modulepreload "js/list.mjs" %}',
    '{% importmap "js/old.js" %}',
)
WITHOUT_NONCE = (
    '{% asset "js/old.js" nonce=no %}',
    '{% asset "img/hill.svg" alt="" %}',
    '{% asset "img/hill.svg" rel="icon" %}',
    '{% asset "site.webmanifest" %}',
    '{% preload "fonts/text.woff2" %}',
    '{% preload "img/hill.svg" %}',
)


def make_request(**attributes):
    """A request for a page."""
    request = RequestFactory().get("/")
    vars(request).update(attributes)
    return request


# What a page knows of its nonce: from the context processor, the middleware, or what a view says.
PLACES = {
    "context": lambda nonce: ({"csp_nonce": nonce}, None),
    "request": lambda nonce: ({}, make_request(csp_nonce=nonce)),
    "request in context": lambda nonce: ({"request": SimpleNamespace(csp_nonce=nonce)}, None),
    "no middleware for the processor": lambda nonce: (
        {"csp_nonce": None},
        make_request(csp_nonce=nonce),
    ),
}


@pytest.mark.parametrize("text", WITH_NONCE)
@pytest.mark.parametrize("place", PLACES)
def test_nonce(built, text, place):
    """Scripts and style sheets have the page's nonce, from where Django or django-csp put it."""
    assert ' nonce="r4nd0m"' in render(text, *PLACES[place](Nonce()))


@pytest.mark.parametrize("text", WITHOUT_NONCE)
@pytest.mark.parametrize("place", PLACES)
def test_nonce_is_made_only_for_what_has_it(built, text, place):
    """Where no browser asks for a nonce, none is made: the policy stays without."""
    nonce = Nonce()
    assert "nonce" not in render(
        text, {**SHOWN, **PLACES[place](nonce)[0]}, *PLACES[place](nonce)[1:]
    )
    assert not nonce.was_made


@pytest.mark.parametrize("text", [*WITH_NONCE, *WITHOUT_NONCE])
@pytest.mark.parametrize(
    "known", [({}, None), ({}, make_request()), ({"csp_nonce": ""}, None)], ids=str
)
def test_page_without_a_policy(built, text, known):
    """A page that has no nonce gets no attribute for it."""
    assert "nonce" not in render(text, {**SHOWN, **known[0]}, known[1])


def test_plain_context_is_enough(built):
    """The tags work in a context that no request made."""
    template = engines["django"].engine.from_string('{% load hiss %}{% asset "css/app.css" %}')
    assert "sha384-" in template.render(Context())


def test_manifest_is_read_once(built):
    """What was read of a release is kept: the second page needs no disk."""
    first = render('{% modulepreload "js/app.js" %}')
    shutil.rmtree(built / ".hiss")
    assert render('{% modulepreload "js/app.js" %}') == first


def test_a_new_release_is_seen(built, sources, collect):
    """After another build into the same folder, its integrity is printed."""
    assert render('{% asset "css/app.css" %}') == fill(built, ELEMENTS['{% asset "css/app.css" %}'])
    first = hashed(built, "css/app.css")
    (sources / "css/app.css").unlink()
    (sources / "css/app.css").write_text("body { margin: 0 }")
    collect(options=["--clear"])
    assert hashed(built, "css/app.css") != first
    assert render('{% asset "css/app.css" %}') == fill(built, ELEMENTS['{% asset "css/app.css" %}'])


def test_a_process_keeps_the_integrity_of_the_release_it_began_with(
    built, sources, collect, configure
):
    """Whatever takes its place: its names, and what is true of those."""
    before = {text: fill(built, expected) for text, expected in ELEMENTS.items()}
    (sources / "css/app.css").write_text("body { margin: 0 }")
    newer = collect(root="newer")
    configure(STATIC_ROOT=built)
    assert staticfiles_storage.url("js/old.js") == f"/static/{hashed(built, 'js/old.js')}"
    shutil.rmtree(built / ".hiss")
    shutil.copytree(newer / ".hiss", built / ".hiss")
    assert hashed(newer, "css/app.css") != hashed(built, "css/app.css")
    assert {text: render(text) for text in before} == before


def test_names_of_no_release_have_no_integrity_of_one(built, configure):
    """Where another's manifest counts, there is integrity for those of its names alone that are a
    release's.
    """
    text = '{% asset "js/old.js" %}'
    expected = fill(built, ELEMENTS[text])
    document = json.loads((built / "staticfiles.json").read_text())
    document["paths"]["css/app.css"] = "css/app.0123456789ab.css"
    (built / "staticfiles.json").write_text(json.dumps(document))
    configure(STORAGES={**settings.STORAGES})
    url = "/static/css/app.0123456789ab.css"
    assert render('{% asset "css/app.css" %}') == f'<link rel="stylesheet" href="{url}">'
    assert render(text) == expected


def test_damage_costs_the_integrity_alone(built, configure, log):
    """What cannot be read is logged, once, and the page is whole."""
    release = (built / ".hiss/current").read_text().strip()
    url = f"/static/{hashed(built, 'css/app.css')}"
    (built / f".hiss/releases/{release}.json").write_text("{")
    (built / ".hiss/index").unlink()
    configure(STORAGES={**settings.STORAGES})
    assert staticfiles_storage.url("css/app.css") == url
    assert len(log()) == 1
    for _ in range(2):
        assert render('{% asset "css/app.css" %}') == f'<link rel="stylesheet" href="{url}">'
    assert len(log()) == 2
    assert all("is not a manifest of Hiss" in each for each in log())


def test_damage_while_pages_are_made(built, configure, log):
    """A name that was found is given on, without what cannot be read any more; said once."""
    release = (built / ".hiss/current").read_text().strip()
    configure(STORAGES={**settings.STORAGES})
    url = staticfiles_storage.url("css/app.css")
    (built / f".hiss/releases/{release}.json").write_text("{")
    size = (built / ".hiss/index").stat().st_size
    with (built / ".hiss/index").open("r+b") as file:
        file.seek(80)
        file.write(b"?" * (size - 80))
    for _ in range(3):
        assert render('{% asset "css/app.css" %}') == f'<link rel="stylesheet" href="{url}">'
    assert [each.partition(":")[0] for each in log()] == [
        f"Reading the manifest of release {release} instead",
        "templates have no integrity",
    ]


def test_damage_to_what_a_script_brings(built, configure, log):
    """The script is there, alone."""
    configure(STORAGES={**settings.STORAGES})
    alone = render('{% asset "js/app.js" module %}')
    for each in (built / ".hiss/releases").iterdir():
        each.write_text("{")
    with (built / ".hiss/index").open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(80)
        file.write(b"?" * (size - 80))
    assert alone.count("sha384-") == 1
    assert render('{% asset "js/app.js" module %}') == alone
    assert render('{% modulepreload "js/app.js" %}').count("<link") == 1
    assert any("templates have no integrity" in each for each in log())


def test_a_damaged_index_costs_nothing(built, configure, log):
    """Then the manifest says it."""
    (built / ".hiss/index").write_bytes(b"hissindx")
    configure(STORAGES={**settings.STORAGES})
    text = '{% asset "css/app.css" %}'
    assert [render(text), render(text)] == [fill(built, ELEMENTS[text])] * 2
    assert log()
    assert all("Reading the manifest" in each for each in log())


# In a browser.

POLICY = (
    "default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; img-src 'self'; "
    "base-uri 'none'"
)
PAGE = """<!doctype html>
<title>A page</title>
{% load hiss %}
{% importmap "js/app.js" bare="vendor/bare.js" %}
{% modulepreload "js/app.js" %}
{% asset "css/app.css" %}
{% asset "js/old.js" defer %}
{% asset "js/app.js" module %}
{% asset "img/hill.svg" rel="icon" %}
<script nonce="{{ csp_nonce }}" type="module">import "/static/js/app.js"</script>
"""


def view(request):
    """The page, under a policy that allows what has the nonce."""
    nonce = "4aBc"
    response = HttpResponse(engines["django"].from_string(PAGE).render({"csp_nonce": nonce}))
    response["Content-Security-Policy"] = POLICY.format(nonce)
    return response


@pytest.fixture
def site(built, configure):
    """The URL of a site whose one page has every tag."""
    configure(ROOT_URLCONF=(path("", view),))
    with serving(WSGIHandler()) as url:
        yield f"{url}/"


class Visit:
    """A tab of a browser that was never there, with what it was answered and complained of."""

    def __init__(self, page):
        self.page = page
        self.answers = {}
        self.complaints = []
        page.on("response", lambda response: self.answers.update({response.url: response.status}))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def ran(self):
        """The modules that ran, in order."""
        return self.page.evaluate("document.documentElement.dataset.ran || ''").split()

    def background(self):
        """The page's colour, which the style sheet sets."""
        return self.page.evaluate("getComputedStyle(document.body).backgroundColor")


@pytest.fixture
def visit(browser):
    """A tab."""
    context = browser.new_context()
    yield Visit(context.new_page())
    context.close()


@pytest.mark.browser
def test_browser_loads_all_under_a_strict_policy(site, built, visit):
    """Styles, scripts, modules and imports by logical path load once each, without a complaint."""
    visit.page.goto(site)
    visit.page.wait_for_load_state("networkidle")
    assert visit.background() == "rgb(1, 2, 3)"
    assert visit.page.evaluate("document.documentElement.dataset.old") == "yes"
    assert visit.ran() == ["bare", "app"]
    assert not any("later" in url for url in visit.answers)

    visit.page.evaluate("later()")
    assert visit.ran() == ["bare", "app", "later"]
    names = ["css/app.css", "js/old.js", "vendor/bare.js"]
    names += ["js/app.js", "js/deep/mark.js", "js/list.mjs", "js/later.js"]
    static = {url: status for url, status in visit.answers.items() if "hill" not in url}
    wanted = {f"{site}static/{hashed(built, name)}": 200 for name in names}
    assert static == {site: 200, **wanted}
    assert visit.complaints == []


# A file, and what is to be seen of the page when it was changed on its way.
TAMPERED = {
    "css/app.css": ("1, 2, 3", "3, 2, 1", lambda visit: visit.background() == "rgba(0, 0, 0, 0)"),
    "js/app.js": ('"app"', '"bad"', lambda visit: visit.ran() == []),
    "js/deep/mark.js": ("push", "find", lambda visit: visit.ran() == []),
    "vendor/bare.js": ('"bare"', '"evil"', lambda visit: visit.ran() == []),
}


@pytest.mark.browser
@pytest.mark.parametrize("name", TAMPERED)
def test_browser_refuses_what_was_changed(site, built, visit, name):
    """A file that is not the one that was built is not applied and not run."""
    old, new, holds = TAMPERED[name]
    tamper(built, name, old, new)
    visit.page.goto(site)
    visit.page.wait_for_load_state("networkidle")
    assert any("integrity" in each and hashed(built, name) in each for each in visit.complaints)
    assert holds(visit)


@pytest.mark.browser
def test_browser_refuses_what_was_changed_and_loads_late(site, built, visit):
    """The import map vouches for what a module imports dynamically."""
    tamper(built, "js/later.js", '"later"', '"wrong"')
    visit.page.goto(site)
    visit.page.wait_for_load_state("networkidle")
    assert visit.page.evaluate("later().then(() => 'loaded', () => 'refused')") == "refused"
    assert visit.ran() == ["bare", "app"]


def tamper(root, name, old, new):
    """Change a published file where it lies, and not its length."""
    published = root / hashed(root, name)
    data = published.read_text()
    assert old in data
    assert len(old) == len(new)
    published.write_text(data.replace(old, new))
