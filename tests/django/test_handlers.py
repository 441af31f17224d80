"""Django's applications with Hiss in front: static requests never reach Django, others do."""

import asyncio

import pytest
from django.core.handlers import asgi as django_asgi
from django.core.handlers import wsgi as django_wsgi
from django.core.signals import request_finished, request_started
from hiss_site import COUNTING, HISS, SECURITY, CountingMiddleware

from hiss.core.asset import Asset, Missing
from hiss.django import get_asgi_application, get_wsgi_application
from hiss.django.handlers import ASGIHandler, WSGIHandler
from hiss.django.origin import open_origin

CSS = b"body{margin:0}\n" * 40


@pytest.fixture
def root(make_tree):
    """STATIC_ROOT with one file."""
    return make_tree({"app.css": CSS})


@pytest.fixture
def signals():
    """Django's signals at the start and the end of each request that reaches it."""
    seen = []

    def started(**_):
        seen.append("started")

    def finished(**_):
        seen.append("finished")

    request_started.connect(started)
    request_finished.connect(finished)
    yield seen
    request_started.disconnect(started)
    request_finished.disconnect(finished)


TARGETS = [
    ("/static/app.css", 200, False),
    ("/static/missing.css", 404, False),
    ("/static/made/by/the/application", 404, False),
    ("/static%2Fapp.css", 404, False),
    ("/static-pages/", 200, True),
    ("/page/", 200, True),
    ("/missing/", 404, True),
]


@pytest.mark.parametrize(("target", "status", "reaches"), TARGETS)
def test_only_dynamic_requests_reach_django(wrapped, root, signals, target, status, reaches):
    """A static request starts no request of Django's, and runs no middleware."""
    CountingMiddleware.seen.clear()
    site = wrapped.open(STATIC_ROOT=root, MIDDLEWARE=[COUNTING])
    assert site.get(target).status == status
    assert CountingMiddleware.seen == ([target] if reaches else [])
    assert signals == (["started", "finished"] if reaches else [])


def test_applications_wrap_djangos_own(configure, root):
    """Behind the wrapper is the application that Django itself would have made."""
    configure(STATIC_ROOT=root)
    assert type(get_wsgi_application().app) is django_wsgi.WSGIHandler
    assert type(get_asgi_application().app) is django_asgi.ASGIHandler


def test_methods_and_preconditions_are_answered_in_front(wrapped, root):
    """The wrapper answers what the doors answer: parts, validators, other methods."""
    site = wrapped.open(STATIC_ROOT=root)
    tag = site.get("/static/app.css", "HEAD").headers["ETag"]
    assert site.get("/static/app.css", headers={"If-None-Match": f"W/{tag}"}).status == 304
    assert site.get("/static/app.css", headers={"Range": "bytes=-5"}).body == CSS[-5:]
    assert site.get("/static/app.css", "POST").headers["Allow"] == "GET, HEAD"


def test_what_is_in_memory_starts_no_thread(wrapped, root, started_threads):
    """A file that was read once is sent from the thread, or the loop, that the server called on."""
    site = wrapped.open(STATIC_ROOT=root)
    assert site.get("/static/app.css").body == CSS
    started_threads.clear()
    assert site.get("/static/app.css").body == CSS
    assert started_threads == []


def count_calls(seen):
    """A rule for header fields that notes each file; it is called when a catalog is built."""

    def rule(headers, path, url):
        seen.append(url)

    return rule


def test_the_middleware_shares_the_wrappers_catalog(wrapped, root):
    """A project with both has its files looked for once, and answers by the wrapper."""
    built = []
    site = wrapped.open(
        STATIC_ROOT=root,
        MIDDLEWARE=[COUNTING, HISS],
        HISS={"ADD_HEADERS_FUNCTION": count_calls(built)},
    )
    assert built == ["/static/app.css"]
    CountingMiddleware.seen.clear()
    assert site.get("/static/app.css").body == CSS
    assert site.get("/page/").status == 200
    assert CountingMiddleware.seen == ["/page/"]


def test_a_catalog_is_shared_within_one_application_only(configure, root, make_tree):
    """An application made later, with other settings, has files of its own."""
    configure(STATIC_ROOT=root)
    get_wsgi_application()
    configure(STATIC_ROOT=make_tree({"other.css": "a{}"}, "other"))
    origin = open_origin()
    assert isinstance(origin.find("/static/other.css").load(), Asset)
    assert isinstance(origin.find("/static/app.css").load(), Missing)


def test_a_start_that_fails_shares_nothing(configure, root):
    """After a project that could not start, the next one is not given its catalog."""
    configure(STATIC_ROOT=root, MIDDLEWARE=["no.such.Middleware"])
    with pytest.raises(ModuleNotFoundError):
        get_wsgi_application()
    assert open_origin() is not open_origin()


def test_what_is_left_to_django_reaches_the_middleware(wrapped, root):
    """A static request that is Django's to redirect is redirected by Django, middleware or not."""
    for middleware in ([SECURITY], [SECURITY, HISS]):
        site = wrapped.open(STATIC_ROOT=root, MIDDLEWARE=middleware, SECURE_SSL_REDIRECT=True)
        response = site.get("/static/app.css", headers={"Host": "example.com"})
        assert response.status == 301
        assert response.headers["Location"] == "https://example.com/static/app.css"
        assert site.get("/static/app.css", https=True).body == CSS


@pytest.mark.parametrize("kind_of_scope", ["lifespan", "websocket"])
def test_other_scopes_are_handed_on_untouched(configure, root, kind_of_scope):
    """What is not HTTP is the application's, with the scope and the channels it came with."""
    configure(STATIC_ROOT=root)
    seen = []

    async def app(*call):
        seen.append(call)

    # A websocket may well have the path of a file.
    call = ({"type": kind_of_scope, "path": "/static/app.css"}, object(), object())
    asyncio.run(ASGIHandler(app, open_origin())(*call))
    assert seen == [call]
    assert seen[0][0] is call[0]


def test_a_scope_that_django_refuses_is_refused_as_before(configure, root):
    """Servers learn from Django's own error that there is no lifespan (B3 swallowed it)."""
    configure(STATIC_ROOT=root)
    with pytest.raises(ValueError, match="Django can only handle ASGI/HTTP connections"):
        asyncio.run(get_asgi_application()({"type": "lifespan"}, None, None))


def test_a_wsgi_application_gets_the_call_as_it_came(configure, root):
    """The application behind sees the server's own environment and callable."""
    configure(STATIC_ROOT=root)
    calls = []

    def app(*call):
        calls.append(call)
        return [b"page"]

    environ, start_response = {"PATH_INFO": "/page/"}, object()
    assert WSGIHandler(app, open_origin())(environ, start_response) == [b"page"]
    assert calls[0][0] is environ
    assert calls[0][1] is start_response


# STATIC_URL, FORCE_SCRIPT_NAME, and what the server says of where the application is.
PLACES = [
    ("static/", None, ""),
    ("/static/", None, ""),
    ("static/", None, "/app"),
    ("static/", "/app", ""),
    ("static/", "/app", "/app"),
    ("/app/static/", "/app", ""),
    ("/app/static/", "/app", "/app"),
]


def request_for(site, url, script_name, place):
    """The answer to a browser's request for `url`, as a server passes it on."""
    mount = script_name or place
    assert not mount or url.startswith(f"{mount}/")
    if site.kind == "wsgi":
        return site.get(url.removeprefix(mount), SCRIPT_NAME=place)
    return site.get(url, root_path=place)


@pytest.mark.parametrize(("static_url", "script_name", "place"), PLACES)
def test_the_urls_that_pages_have_are_answered(either, root, static_url, script_name, place):
    """Below any place, a page's own link to a file leads to it (pain 29: WN#36, #61, #101)."""
    site = either.open(STATIC_ROOT=root, STATIC_URL=static_url, FORCE_SCRIPT_NAME=script_name)
    mount = script_name or place
    url = request_for(site, f"{mount}/link/", script_name, place).body.decode()
    assert url == f"{mount}/static/app.css"
    assert request_for(site, url, script_name, place).body == CSS


def test_a_place_is_taken_off_at_a_slash_only(clients, configure, root):
    """The place `/app` is no part of `/application/`."""
    configure(STATIC_ROOT=root, FORCE_SCRIPT_NAME="/stat")
    site = get_asgi_application()
    assert clients["asgi"](site, "/static/app.css").body == CSS
