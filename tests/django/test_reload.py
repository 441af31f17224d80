"""`{% hiss_reload %}`: what it prints, where, and what it weighs."""

import json
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

import pytest
from django.core.management import call_command
from django.http import HttpRequest
from django.template import Context, TemplateSyntaxError, engines
from django.test import RequestFactory

import hiss.django

SCRIPT = Path(hiss.django.__file__).parent / "static/hiss/reload.js"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
PLAIN = '<script src="/static/hiss/reload.js"></script>'


@pytest.fixture(autouse=True)
def engine(configure):
    """A template engine."""
    configure(TEMPLATES=TEMPLATES)


@pytest.fixture
def built(tmp_path, configure):
    """A release of a project that has Hiss's app, and no file of its own: STATIC_ROOT."""
    storage = {"BACKEND": "hiss.django.storage.CompressedManifestStaticFilesStorage"}
    configure(STATIC_ROOT=tmp_path / "out", STORAGES={"staticfiles": storage})
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path / "out"


def render(text="{% hiss_reload %}", context=(), request=None):
    """What a template prints that begins by loading the tags."""
    template = engines["django"].from_string("{% load hiss %}" + text)
    return template.render(dict(context), request)


def find(root):
    """The published name of the script, and its integrity."""
    name = json.loads((root / "staticfiles.json").read_text())["paths"]["hiss/reload.js"]
    digest = sha384((root / name).read_bytes()).digest()
    return name, "sha384-" + b64encode(digest).decode()


def test_it_weighs_little():
    """The script is under 1000 bytes as it is shipped."""
    assert 0 < len(SCRIPT.read_bytes()) < 1000


def test_the_app_brings_it(built):
    """Collectstatic publishes the script, as it was written, under a hashed name."""
    name, _ = find(built)
    assert name != "hiss/reload.js"
    assert (built / name).read_bytes() == SCRIPT.read_bytes()


def test_it_has_the_hashed_url_and_integrity(built):
    """A release's script is named by its content, and vouched for."""
    name, integrity = find(built)
    assert render() == (
        f'<script src="/static/{name}" integrity="{integrity}" crossorigin="anonymous"></script>'
    )


def test_nothing_is_hashed_with_debug(built, configure):
    """With DEBUG, the URL is plain."""
    configure(DEBUG=True)
    assert render() == PLAIN


ATTRIBUTES = {
    '{% hiss_reload data-turbo-track="reload" %}': '<script src="/static/hiss/reload.js" '
    'data-turbo-track="reload"></script>',
    "{% hiss_reload id=shown defer %}": '<script src="/static/hiss/reload.js" defer '
    'id="&lt;&quot;&gt;"></script>',
    "{% hiss_reload id=undefined %}": PLAIN,
    "{% hiss_reload as it %}({{ it }})": f"({PLAIN})",
    "{% hiss_reload defer as it %}({{ it }})": '(<script src="/static/hiss/reload.js" defer>'
    "</script>)",
}


@pytest.mark.parametrize("text", ATTRIBUTES)
def test_attributes(text):
    """Attributes are written and escaped as in the other tags."""
    assert render(text, {"shown": '<">'}) == ATTRIBUTES[text]


def make_request(method="GET", **attributes):
    """A request for a page."""
    request = RequestFactory().generic(method, "/")
    vars(request).update(attributes)
    return request


@pytest.mark.parametrize(
    ("context", "request_"),
    [({"csp_nonce": "r4nd0m"}, None), ({}, make_request(csp_nonce="r4nd0m"))],
    ids=["context", "request"],
)
def test_nonce(context, request_):
    """The page's nonce is on the script, unless the template says otherwise."""
    assert ' nonce="r4nd0m"' in render(context=context, request=request_)
    assert render("{% hiss_reload nonce=False %}", context, request_) == PLAIN


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_not_in_the_answer_to_what_a_reload_would_send_again(method):
    """A page that answers a POST goes without, wherever the template has the request from."""
    assert render(request=make_request(method)) == ""
    assert render(context={"request": make_request(method)}) == ""
    assert render("{% hiss_reload as it %}({{ it }})", request=make_request(method)) == "()"


def test_in_every_other_page():
    """Answers to GET and HEAD have it, and pages of which nobody knows what they answer."""
    assert render(request=make_request("GET")) == PLAIN
    assert render(request=make_request("HEAD")) == PLAIN
    assert render(request=HttpRequest()) == PLAIN
    assert render(context={"request": object()}) == PLAIN
    template = engines["django"].engine.from_string("{% load hiss %}{% hiss_reload %}")
    assert template.render(Context()) == PLAIN


def test_without_the_app_it_says_what_to_add(configure):
    """What collectstatic would not collect is no tag for a page."""
    configure(INSTALLED_APPS=["django.contrib.staticfiles"], MIDDLEWARE=[])
    configure(
        TEMPLATES=[
            {**TEMPLATES[0], "OPTIONS": {"libraries": {"hiss": "hiss.django.templatetags.hiss"}}}
        ]
    )
    with pytest.raises(TemplateSyntaxError, match=r'"hiss\.django" in INSTALLED_APPS'):
        render()


MISTAKES = {
    '{% hiss_reload "js/app.js" %}': 'takes attributes alone; "js/app.js" is no attribute',
    '{% hiss_reload on>load="x" %}': "on>load is no attribute",
    "{% hiss_reload module %}": "is no module",
    "{% hiss_reload module=True %}": "is no module",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_told(text):
    """A file's name, what is no attribute, and what would not run in time."""
    with pytest.raises(TemplateSyntaxError, match=MISTAKES[text]):
        render(text)
