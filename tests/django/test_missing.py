"""A name that has no file: in production, in tests without a build, and in development."""

import json
import logging
import os
import pickle
import re
import time
from hashlib import md5

import jinja2
import pytest
from django import forms
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.template import Context, Node, Template, engines
from django.templatetags.static import static
from django.test.utils import setup_test_environment, teardown_test_environment
from own_storages import ManifestElsewhere

from hiss.django.missing import MissingManifestEntryError

MANIFEST = "hiss.django.storage.CompressedManifestStaticFilesStorage"
PLAIN = "hiss.django.storage.CompressedStaticFilesStorage"
NAMES = ["css/app.css", "print/page.css", "img/hill.svg", "img/small/hill.svg", "js/main.js"]


def write_manifest(root, names=NAMES):
    """Django's manifest, as if these files had been collected."""
    root.mkdir(exist_ok=True)
    paths = {name: name.replace(".", ".0123456789ab.") for name in names}
    path = root / "staticfiles.json"
    path.write_text(json.dumps({"version": "1.1", "paths": paths, "hash": ""}))
    return path


@pytest.fixture
def use(tmp_path, configure):
    """Puts a storage in force: `use("own_storages.NotStrict", DEBUG=True)`."""

    def change(backend=MANIFEST, **changes):
        configure(
            **{"STATIC_ROOT": tmp_path / "root"} | changes,
            STORAGES={"staticfiles": {"BACKEND": backend}},
        )

    return change


@pytest.fixture
def collected(tmp_path, use):
    """A static root that has been collected, and its storage in force: its manifest."""
    path = write_manifest(tmp_path / "root")
    use()
    return path


@pytest.fixture
def pages(tmp_path, configure):
    """Writes templates, and renders one: `pages({"a.html": "…"}, "a.html")`."""

    def render(files, page, **context):
        for name, text in files.items():
            path = tmp_path / "templates" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        configure(
            TEMPLATES=[
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "DIRS": [tmp_path / "templates"],
                    "OPTIONS": {"builtins": ["django.templatetags.static"]},
                }
            ]
        )
        return engines["django"].get_template(page).render(context)

    return render


def missing(name, **options):
    """The message for a name that a program asked for."""
    with pytest.raises(MissingManifestEntryError) as caught:
        staticfiles_storage.url(name, **options)
    return str(caught.value)


class Wardrobe(forms.Form):
    """A form with a style sheet that nobody has."""

    class Media:
        css = {"all": ["css/wardrobe.css"]}  # noqa: RUF012 - Django's way


TAG = "{% static 'css/ap.css' %}"
BASE = "<head>\n{% block head %}\n{% endblock %}\n</head>"
# What it shows, the templates, and where in them the name is; "page.html" is rendered.
PLACES = [
    ("a tag", {"page.html": f"\n\n{TAG}"}, "page.html", 3),
    ("a tag with a variable", {"page.html": "\n{% static name %}"}, "page.html", 2),
    ("a tag that keeps", {"page.html": "\n{% static name as url %}"}, "page.html", 2),
    ("a loop", {"page.html": f"{{% for a in 'ab' %}}\n\n{TAG}{{% endfor %}}"}, "page.html", 3),
    (
        "an included template",
        {"page.html": "\n{% include 'parts/head.html' %}", "parts/head.html": f"\n\n\n{TAG}"},
        "parts/head.html",
        4,
    ),
    (
        "a template included by one",
        {
            "page.html": "{% include 'a.html' %}",
            "a.html": "\n{% include 'b.html' %}",
            "b.html": f"\n\n{TAG}",
        },
        "b.html",
        3,
    ),
    (
        "a block of a template that extends",
        {
            "base.html": BASE,
            "page.html": f"{{% extends 'base.html' %}}\n{{% block head %}}\n{TAG}{{% endblock %}}",
        },
        "page.html",
        3,
    ),
    (
        "the template that is extended",
        {"base.html": f"\n{TAG}\n{BASE}", "page.html": "{% extends 'base.html' %}\n\n\n"},
        "base.html",
        2,
    ),
    (
        "a block of the extended template, by block.super",
        {
            "base.html": f"{{% block head %}}\n\n{TAG}{{% endblock %}}",
            "page.html": "{% extends 'base.html' %}{% block head %}{{ block.super }}{% endblock %}",
        },
        "base.html",
        3,
    ),
    ("what a form brings", {"page.html": "\n\n\n{{ form.media }}"}, "page.html", 4),
]


@pytest.mark.parametrize(
    ("files", "template", "line"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES]
)
def test_the_message_names_template_and_line(collected, pages, tmp_path, files, template, line):
    """The innermost tag that was being rendered is named, by its file and its line."""
    with pytest.raises(MissingManifestEntryError) as caught:
        pages(files, "page.html", name="css/ap.css", form=Wardrobe())
    place = f", named by {tmp_path / 'templates' / template}, line {line}."
    assert place in str(caught.value)
    assert str(caught.value).startswith("Missing staticfiles manifest entry for 'css/")


def test_a_template_without_a_file_has_a_line(collected, pages):
    """Of a template made of a string there is the line to tell."""
    pages({"page.html": ""}, "page.html")
    with pytest.raises(MissingManifestEntryError, match=r"named by <unknown source>, line 2\."):
        Template("\n{% static 'css/ap.css' %}").render(Context())


class ByHand(Node):
    """A part of a template that no parser made: it has no place."""

    def render(self, context):
        """The URL of a file that nobody has."""
        return static("css/ap.css")


def test_a_node_without_a_place_is_passed_over(collected, pages, tmp_path):
    """The place of a node that no parser made is that of the tag that renders it."""
    template = {"page.html": "\n{% include part %}"}
    with pytest.raises(MissingManifestEntryError) as caught:
        pages(template, "page.html", part=ByHand())
    assert f"named by {tmp_path / 'templates/page.html'}, line 2." in str(caught.value)


def test_a_program_is_no_template(collected):
    """Where a program asks, the traceback says where, and the message is about the name alone."""
    with pytest.raises(MissingManifestEntryError) as caught:
        static("css/ap.css")
    assert str(caught.value).startswith(
        "Missing staticfiles manifest entry for 'css/ap.css'. The nearest: css/app.css."
    )


def test_jinja_is_no_template_of_djangos(collected):
    """Jinja tells the template's line in its traceback; the message does not guess at another."""
    environment = jinja2.Environment(autoescape=True)
    environment.globals["static"] = static
    page = environment.from_string("{{ static('css/app.css') }}")
    assert page.render() == "/static/css/app.0123456789ab.css"
    with pytest.raises(MissingManifestEntryError, match=r"'css/ap\.css'\. The nearest"):
        environment.from_string("{{ static('css/ap.css') }}").render()


SLASH = "Names have no slash in front: they are relative to the static root."
BACKSLASH = "Names have forward slashes, on every system."
CROOKED = "Names are looked up as they are written, without '//', './' and '../'."
# A name, what is said of it, and the nearest names.
SLIPS = [
    ("css/ap.css", "", ("css/app.css",)),
    ("css/App.css", "", ("css/app.css",)),
    ("app.css", "", ("css/app.css",)),
    ("styles/page.css", "", ("print/page.css",)),
    ("hill.svg", "", ("img/hill.svg", "img/small/hill.svg")),
    ("/css/app.css", SLASH, ("css/app.css",)),
    ("/css/ap.css", SLASH, ("css/app.css",)),
    ("../css/ap.css", CROOKED, ("css/app.css",)),
    ("//css/app.css", SLASH, ("css/app.css",)),
    ("/static/css/app.css", SLASH, ("css/app.css",)),
    ("static/css/app.css", "", ("css/app.css",)),
    ("css\\app.css", BACKSLASH, ("css/app.css",)),
    ("img\\small\\hill.svg", BACKSLASH, ("img/small/hill.svg", "img/hill.svg")),
    ("css//app.css", CROOKED, ("css/app.css",)),
    ("./css/app.css", CROOKED, ("css/app.css",)),
    ("../css/app.css", CROOKED, ("css/app.css",)),
    ("css/x/../app.css", CROOKED, ("css/app.css",)),
    ("css/ap.css?v=1#top", "", ("css/app.css",)),
    ("css", "", ()),
    ("", "", ()),
    ("fonts/of/nobody.woff2", "", ()),
]


@pytest.mark.parametrize(("name", "slip", "near"), SLIPS, ids=lambda each: repr(each)[:32])
def test_the_message_says_what_was_meant(collected, name, slip, near):
    """The nearest names, and the usual slips, are in the message; names are on the error too."""
    with pytest.raises(MissingManifestEntryError) as caught:
        staticfiles_storage.url(name)
    message = str(caught.value)
    path = name.partition("?")[0]
    # Two slashes in front are another host's, to a URL.
    path = "/app.css" if path == "//css/app.css" else path
    words = [f"Missing staticfiles manifest entry for '{path}'."]
    words += [slip] if slip else []
    words += [f"The nearest: {', '.join(near)}."] if near else []
    assert message.startswith(f"{' '.join(words)} The manifest, ")
    assert (caught.value.name, caught.value.near) == (path, near)


AGES = [
    (0, "0 seconds"),
    (70, "70 seconds"),
    (3 * 60, "3 minutes"),
    (5 * 3600, "5 hours"),
    (3 * 86400, "3 days"),
]


@pytest.mark.parametrize(("seconds", "words"), AGES)
def test_the_message_says_where_the_manifest_is_and_how_old(collected, use, seconds, words):
    """An old manifest is the usual reason; what to do about it comes last."""
    written = time.time() - seconds
    os.utime(collected, (written, written))
    use()
    # A second may pass meanwhile.
    message = re.sub(r"\b7[01] seconds|\b[01] seconds", words, missing("css/ap.css"))
    assert message.endswith(
        f"The manifest, {collected}, has 5 names and is {words} old. "
        "If the file is new, run collectstatic."
    )


def test_a_manifest_that_was_read_too_early_is_told(collected, use):
    """After a collectstatic, a process that began before it has old names: it is to start again."""
    use()
    assert staticfiles_storage.url("css/app.css")
    later = time.time() + 10
    write_manifest(collected.parent, [*NAMES, "css/new.css"])
    os.utime(collected, (later, later))
    message = missing("css/new.css")
    assert message.endswith(
        "It was written after this process had read it: start the process again."
    )


def test_a_manifest_of_this_process_is_no_news(make_tree, collect):
    """A process that ran collectstatic itself knows what that wrote."""
    make_tree({"app.css": "a{}"}, "sources")
    collect()
    assert static("app.css") != "/static/app.css"
    assert missing("ap.css").endswith("If the file is new, run collectstatic.")


def test_without_a_manifest_that_is_said(use, tmp_path):
    """Before any collectstatic, the message says where the manifest was looked for."""
    use()
    assert missing("css/app.css") == (
        "Missing staticfiles manifest entry for 'css/app.css'. There is no manifest at "
        f"{tmp_path / 'root/staticfiles.json'}: collectstatic was not run, or elsewhere."
    )


def test_a_manifest_that_went_is_known_still(collected):
    """A manifest deleted behind a running process is no reason to say that there was none."""
    assert staticfiles_storage.url("css/app.css")
    collected.unlink()
    assert missing("css/ap.css").endswith(f"The manifest, {collected}, has 5 names.")


def test_a_manifest_elsewhere_is_told_by_its_own_place(use, tmp_path, monkeypatch):
    """A `manifest_storage` of the project's own is where the message says."""
    monkeypatch.setattr(ManifestElsewhere, "folder", tmp_path / "private", raising=False)
    path = write_manifest(tmp_path / "private")
    use("own_storages.ManifestElsewhere")
    assert staticfiles_storage.url("css/app.css") == "/static/css/app.0123456789ab.css"
    assert f"The manifest, {path}, has 5 names" in missing("css/ap.css")
    use("own_storages.ManifestNowhere")
    assert "There is no manifest at staticfiles.json" in missing("css/ap.css")


def test_the_error_travels_between_processes(collected):
    """Django's parallel tests send errors by pickle; nothing of this one is lost."""
    with pytest.raises(MissingManifestEntryError) as caught:
        static("css/ap.css")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is MissingManifestEntryError
    assert str(copy) == str(caught.value)
    assert (copy.name, copy.near) == ("css/ap.css", ("css/app.css",))


def test_names_that_are_there_are_not_missed(collected):
    """Queries, fragments and folders are what they are in Django."""
    hashed = "/static/css/app.0123456789ab.css"
    urls = {
        "css/app.css": hashed,
        "css/app.css?v=1": f"{hashed}?v=1",
        "css/app.css#top": f"{hashed}#top",
        "css/app.css?#iefix": f"{hashed}?#iefix",
        "css/": "/static/css/",
    }
    assert {name: static(name) for name in urls} == urls


# --- when that is no error


def test_a_project_may_have_it_served_unhashed(collected, use, pages, tmp_path, caplog):
    """With MANIFEST_STRICT False a page works, and the log has the same words, once."""
    use(HISS={"MANIFEST_STRICT": False})
    for _ in range(3):
        assert pages({"page.html": f"\n{TAG}"}, "page.html") == "\n/static/css/ap.css"
    assert static("css/ap.css?v=1") == "/static/css/ap.css?v=1"
    assert static("css/app.css") == "/static/css/app.0123456789ab.css"
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    page = tmp_path / "templates/page.html"
    assert lines[0].startswith(
        "Serving 'css/ap.css' unhashed. Missing staticfiles manifest entry for 'css/ap.css', "
        f"named by {page}, line 2. The nearest: css/app.css. The manifest, {collected}, has 5"
    )


def test_a_subclass_may_hash_what_the_manifest_lacks(collected, use):
    """`manifest_strict = False` is Django's: look for the file, and hash it now."""
    use("own_storages.NotStrict")
    (collected.parent / "late.txt").write_text("late")
    assert static("late.txt") == f"/static/late.{md5(b'late').hexdigest()[:12]}.txt"
    with pytest.raises(ValueError, match=r"The file 'gone\.txt' could not be found") as caught:
        static("gone.txt")
    assert not isinstance(caught.value, MissingManifestEntryError)


def test_a_subclass_and_the_setting_go_together(collected, use, caplog):
    """What a storage that is not strict cannot find is served unhashed, if the project says so."""
    use("own_storages.NotStrict", HISS={"MANIFEST_STRICT": False})
    (collected.parent / "late.txt").write_text("late")
    assert static("late.txt") != "/static/late.txt"
    assert static("gone.txt") == "/static/gone.txt"
    assert len(caplog.records) == 1


def test_manifest_strict_is_the_classes_own(collected, use):
    """A project's own `manifest_strict` is not overruled by the default, nor the other way."""
    use("own_storages.NotStrict")
    assert storages["staticfiles"].manifest_strict is False
    use(HISS={"MANIFEST_STRICT": False})
    assert storages["staticfiles"].manifest_strict is True


# --- in tests


@pytest.fixture
def testing():
    """Django's test environment, as its test runner and pytest-django set it up."""
    setup_test_environment(debug=False)
    yield
    teardown_test_environment()


def test_in_tests_without_a_build_names_just_work(testing, use, pages, caplog):
    """A test suite needs no collectstatic."""
    use()
    assert pages({"page.html": TAG}, "page.html") == "/static/css/ap.css"
    assert static("css/app.css?v=1") == "/static/css/app.css?v=1"
    assert caplog.records == []


def test_in_tests_with_a_build_names_are_checked(testing, collected):
    """Who builds before testing tests what will be served."""
    assert static("css/app.css") == "/static/css/app.0123456789ab.css"
    assert "The nearest: css/app.css." in missing("css/ap.css")


def test_after_the_tests_names_are_checked(use):
    """The exception is for tests alone."""
    setup_test_environment(debug=False)
    teardown_test_environment()
    use()
    assert "There is no manifest" in missing("css/app.css")


def test_without_static_root_it_is_django_that_complains(use):
    """No STATIC_ROOT is an error of the project's, in Django's words."""
    use(STATIC_ROOT=None)
    with pytest.raises(ImproperlyConfigured, match="STATIC_ROOT"):
        static("css/app.css")


# --- in development


@pytest.fixture
def developing(make_tree, use, caplog):
    """A project in development, with files where the finders look: the lines logged so far."""
    caplog.set_level(logging.INFO, "hiss")
    folder = make_tree(dict.fromkeys([*NAMES, ".hidden.css", "css/old.css~"], "x"), "sources")
    prefixed = make_tree({"a.css": "x"}, "prefixed")
    use(DEBUG=True, STATICFILES_DIRS=[folder, ("vendor", prefixed)])
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    "name", [*NAMES, "vendor/a.css", "css/app.css?v=1", "css/app.css#top", "css/", "css/?a=b", "/"]
)
def test_in_development_good_names_are_good(developing, name):
    """What production will know is not spoken of, and gets its plain URL."""
    assert static(name) == "/static/" + name.lstrip("/") if name != "/" else "/"
    assert developing() == []


IN_PRODUCTION = "would be an error in production."
WARNED = [
    *((name, slip or "No finder has it.", near) for name, slip, near in SLIPS if name),
    ("", "No finder has it.", ()),
    (".hidden.css", "No finder has it.", ()),
    ("css/old.css~", "No finder has it.", ("css/app.css",)),
    ("vendor/b.css", "No finder has it.", ("vendor/a.css",)),
    ("../../../../etc/passwd", CROOKED, ()),
]


@pytest.mark.parametrize(("name", "words", "near"), WARNED, ids=lambda each: repr(each)[:32])
def test_in_development_bad_names_are_told(developing, name, words, near):
    """Names are as strict as in production, and the page works: the log says what will be."""
    static(name)
    nearest = f" The nearest: {', '.join(near)}." if near else ""
    [line] = developing()
    assert line == f"Static file {name!r} {IN_PRODUCTION} {words}{nearest}"


def test_in_development_a_name_is_told_once(developing, pages, tmp_path, monkeypatch):
    """A page that is loaded again and again does not fill the log, nor list every file again."""
    page = {"page.html": f"\n{TAG}{TAG}"}
    assert pages(page, "page.html") == "\n" + "/static/css/ap.css" * 2
    monkeypatch.setattr("hiss.django.missing._listed_names", None)
    for _ in range(3):
        pages(page, "page.html")
    assert developing() == [
        f"Static file 'css/ap.css', named by {tmp_path / 'templates/page.html'}, line 2, "
        f"{IN_PRODUCTION} No finder has it. The nearest: css/app.css."
    ]


def test_in_development_files_come_and_go(developing, tmp_path):
    """A file that is new is good at once, one that went is told."""
    static("css/app.css")
    (tmp_path / "sources/css/new.css").write_text("x")
    static("css/new.css")
    static("css/app.css")
    assert developing() == []
    (tmp_path / "sources/css/new.css").unlink()
    static("css/new.css")
    assert len(developing()) == 1


def test_in_development_the_case_of_names_counts(developing, use):
    """A file system that overlooks case is no reason to do so: production's will not."""
    use(DEBUG=True, STATICFILES_FINDERS=["own_storages.FindsWhateverTheCase"])
    static("css/app.css")
    assert developing() == []
    static("css/App.css")
    [line] = developing()
    assert line.endswith("No finder has it. The nearest: css/app.css.")


def test_in_development_the_projects_policy_is_respected(developing, use):
    """Where a missing name is no error, it is foretold as what it will be."""
    use(DEBUG=True, HISS={"MANIFEST_STRICT": False})
    static("css/ap.css")
    assert developing()[0].startswith("Static file 'css/ap.css' would be a 404 in production.")


def test_in_development_without_finders_nothing_is_told(developing, use):
    """A project without django.contrib.staticfiles has no finders to ask."""
    use(DEBUG=True, INSTALLED_APPS=["hiss.django"])
    assert staticfiles_storage.url("css/ap.css") == "/static/css/ap.css"
    assert developing() == []


def test_in_development_plain_names_are_nobodys_business(developing, use):
    """The storage without a manifest misses none, in production or before."""
    use(PLAIN, DEBUG=True)
    static("css/ap.css")
    assert developing() == []


def test_in_development_a_hashed_name_may_be_had(developing, use, tmp_path):
    """`force` asks for production's URL, and gets production's answer."""
    write_manifest(tmp_path / "root")
    use(DEBUG=True)
    url = staticfiles_storage.url("css/app.css", force=True)
    assert url == "/static/css/app.0123456789ab.css"
    assert "The nearest" in missing("css/ap.css", force=True)
    assert developing() == []
