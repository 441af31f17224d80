"""The SECURE_* settings hold for static files too, as they do in Django's own middleware.

Each case is asked of a page, which SecurityMiddleware answers, and of a file, which it never sees.
"""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from hiss_site import SECURITY

CSS = b"body{margin:0}\n" * 40
FIELDS = (
    "Cross-Origin-Opener-Policy",
    "Referrer-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
)


@pytest.fixture
def root(make_tree):
    """STATIC_ROOT with one file, and one whose name is not ASCII."""
    return make_tree({"app.css": CSS, "naïve.css": CSS})


def policy_of(response):
    """The header fields that SecurityMiddleware sets, every line of each."""
    return {name: response.headers.get_all(name) for name in FIELDS}


HSTS = {"SECURE_HSTS_SECONDS": 31_536_000}
SETTINGS = [
    {},
    {"SECURE_CONTENT_TYPE_NOSNIFF": False},
    {"SECURE_REFERRER_POLICY": None},
    {"SECURE_REFERRER_POLICY": "no-referrer"},
    {"SECURE_REFERRER_POLICY": "no-referrer , strict-origin"},
    {"SECURE_REFERRER_POLICY": ["no-referrer", "strict-origin"]},
    {"SECURE_REFERRER_POLICY": ("same-origin",)},
    {"SECURE_CROSS_ORIGIN_OPENER_POLICY": None},
    {"SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin-allow-popups"},
    HSTS,
    HSTS | {"SECURE_HSTS_INCLUDE_SUBDOMAINS": True},
    HSTS | {"SECURE_HSTS_PRELOAD": True},
    HSTS | {"SECURE_HSTS_PRELOAD": True, "SECURE_HSTS_INCLUDE_SUBDOMAINS": True},
    {"SECURE_HSTS_PRELOAD": True, "SECURE_HSTS_INCLUDE_SUBDOMAINS": True},
    {
        "SECURE_CONTENT_TYPE_NOSNIFF": False,
        "SECURE_REFERRER_POLICY": "",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "",
    },
]
REQUESTS = [
    ("/static/app.css", {}, 200),
    ("/static/app.css", {"If-None-Match": "*"}, 304),
    ("/static/app.css", {"Range": "bytes=0-0"}, 206),
    ("/static/app.css", {"Range": "bytes=9999-"}, 416),
    ("/static/missing.css", {}, 404),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("https", [False, True], ids=["http", "https"])
def test_files_carry_what_pages_carry(wrapped, root, settings, https):
    """Every answer has the security headers that Django would have given it, once each."""
    ours = {"NOSNIFF": False}
    site = wrapped.open(STATIC_ROOT=root, MIDDLEWARE=[SECURITY], HISS=ours, **settings)
    expected = policy_of(site.get("/page/", https=https))
    for target, headers, status in REQUESTS:
        response = site.get(target, headers=headers, https=https)
        assert response.status == status
        assert policy_of(response) == expected


def test_hsts_goes_over_https_alone(wrapped, root):
    """RFC 6797, section 7.2: no such field over a connection that anyone may have changed."""
    site = wrapped.open(STATIC_ROOT=root, MIDDLEWARE=[SECURITY], **HSTS, SECURE_HSTS_PRELOAD=True)
    field = "Strict-Transport-Security"
    assert site.get("/static/app.css").headers[field] is None
    assert site.get("/static/app.css", https=True).headers[field] == "max-age=31536000; preload"


PROXY = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
PROXY_VALUES = [None, "https", "http", "https,http", "http,https", " https , http", "HTTPS", ""]


@pytest.mark.parametrize("value", PROXY_VALUES)
@pytest.mark.parametrize(
    "believed",
    [PROXY, {}, {"SECURE_PROXY_SSL_HEADER": ("X-Forwarded-Proto", "https")}],
    ids=["believed", "not believed", "misnamed"],
)
@pytest.mark.parametrize("https", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("redirect", [False, True], ids=["served", "redirected"])
def test_the_proxys_word_counts_as_it_does_in_django(
    wrapped, root, value, believed, https, redirect
):
    """Whether a request is secure is told by the same field, from the first of its values."""
    site = wrapped.open(
        STATIC_ROOT=root,
        MIDDLEWARE=[SECURITY],
        **HSTS,
        SECURE_SSL_REDIRECT=redirect,
        **believed,
    )
    headers = {"Host": "example.com"} | ({} if value is None else {"X-Forwarded-Proto": value})
    page = site.get("/page/", headers=headers, https=https)
    response = site.get("/static/app.css", headers=headers, https=https)
    assert response.status == page.status
    assert policy_of(response) == policy_of(page)


@pytest.mark.parametrize(
    "header",
    [
        "HTTP_X_FORWARDED_PROTO",
        ("HTTP_X_FORWARDED_PROTO",),
        ("HTTP_X_FORWARDED_PROTO", "https", "http"),
        ("HTTP_X_FORWARDED_PROTO", True),
        (b"HTTP_X_FORWARDED_PROTO", b"https"),
        7,
    ],
    ids=str,
)
def test_a_proxys_field_that_is_none(wrapped, root, header):
    """Is named when the site starts, with what it should be: no request could be told secure."""
    words = r"SECURE_PROXY_SSL_HEADER must be a tuple of two texts, such as .*, not "
    with pytest.raises(ImproperlyConfigured, match=words + re.escape(repr(header))):
        wrapped.open(STATIC_ROOT=root, MIDDLEWARE=[SECURITY], SECURE_PROXY_SSL_HEADER=header)


def test_several_lines_of_the_proxys_field_are_one_list(wrapped, root):
    """Of a field that two proxies set, the first line counts."""
    site = wrapped.open(STATIC_ROOT=root, MIDDLEWARE=[SECURITY], **HSTS, **PROXY)
    if site.kind == "wsgi":
        response = site.get("/static/app.css", headers={"X-Forwarded-Proto": "https,http"})
    else:
        name = b"x-forwarded-proto"
        lines = [(name, b"https"), (b"accept", b"*/*"), (name, b"http")]
        # The client's own headers are replaced by these.
        response = site.client(_with_headers(site.app, lines), "/static/app.css")
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def _with_headers(app, headers):
    async def changed(scope, receive, send):
        await app({**scope, "headers": headers}, receive, send)

    return changed


EXEMPT = [
    ([], "/static/app.css", 301),
    ([r"^static/"], "/static/app.css", 200),
    ([r"^/static/"], "/static/app.css", 301),
    ([r"\.css$"], "/static/app.css", 200),
    ([r"^other/", r"app"], "/static/app.css", 200),
    ([r"naïve"], "/static/na%C3%AFve.css", 200),
    ([r"ve\.css$"], "/static/na%C3%AFve.css", 200),
]


@pytest.mark.parametrize(("patterns", "target", "status"), EXEMPT, ids=str)
def test_what_is_exempt_from_the_redirect_is_served(wrapped, root, patterns, target, status):
    """SECURE_REDIRECT_EXEMPT holds for files too."""
    site = wrapped.open(
        STATIC_ROOT=root,
        MIDDLEWARE=[SECURITY],
        SECURE_SSL_REDIRECT=True,
        SECURE_REDIRECT_EXEMPT=patterns,
    )
    assert site.get(target, headers={"Host": "example.com"}).status == status


@pytest.mark.parametrize("script_name", [None, "/app"])
def test_exempt_patterns_see_the_path_that_django_sees(wrapped, root, script_name):
    """Below a place, patterns are searched for in the path with that place."""
    site = wrapped.open(
        STATIC_ROOT=root,
        MIDDLEWARE=[SECURITY],
        FORCE_SCRIPT_NAME=script_name,
        SECURE_SSL_REDIRECT=True,
        SECURE_REDIRECT_EXEMPT=[r"^app/static/", r"^app/page/"],
    )
    headers = {"Host": "example.com"}

    def get(path):
        if site.kind == "asgi":
            return site.get(f"/app{path}", headers=headers, root_path="/app")
        return site.get(path, headers=headers, SCRIPT_NAME="" if script_name else "/app")

    assert get("/page/").status == 200
    assert get("/static/app.css").status == 200


def test_without_security_middleware_nothing_is_redirected(wrapped, root):
    """SECURE_SSL_REDIRECT is that middleware's; without it, Django redirects no page either."""
    site = wrapped.open(STATIC_ROOT=root, SECURE_SSL_REDIRECT=True, MIDDLEWARE=[])
    assert site.get("/page/").status == 200
    assert site.get("/static/app.css").status == 200


def test_without_security_middleware_no_header_is_added(wrapped, root):
    """A project that has taken it out has its pages without these fields, and its files too."""
    site = wrapped.open(STATIC_ROOT=root, MIDDLEWARE=[], **HSTS, HISS={"NOSNIFF": False})
    for target in ("/page/", "/static/app.css"):
        assert policy_of(site.get(target, https=True)) == {name: [] for name in FIELDS}


def test_middleware_that_is_no_class_is_no_security_middleware(wrapped, root):
    """A middleware may be a function, and a subclass of Django's counts as Django's."""
    middleware = ["hiss_site.sync_only", "hiss_site.OwnSecurityMiddleware"]
    if wrapped.kind == "asgi":
        middleware[0] = "hiss_site.async_only"
    site = wrapped.open(STATIC_ROOT=root, SECURE_SSL_REDIRECT=True, MIDDLEWARE=middleware)
    assert site.get("/static/app.css", headers={"Host": "example.com"}).status == 301


def set_own_policy(headers, path, url):
    """A rule of the project's own for fields that settings set too."""
    headers["Referrer-Policy"] = "unsafe-url"
    headers["Strict-Transport-Security"] = "max-age=1"


def test_a_projects_own_rule_goes_before_the_settings(wrapped, root):
    """Django does not overwrite what a response has; nor is there a second line of it."""
    site = wrapped.open(
        STATIC_ROOT=root,
        MIDDLEWARE=[SECURITY],
        **HSTS,
        HISS={"ADD_HEADERS_FUNCTION": set_own_policy},
    )
    headers = site.get("/static/app.css", https=True).headers
    assert headers.get_all("Referrer-Policy") == ["unsafe-url"]
    assert headers.get_all("Strict-Transport-Security") == ["max-age=1"]


def test_nosniff_is_sent_once(wrapped, root):
    """Hiss's own nosniff and Django's are one line."""
    site = wrapped.open(STATIC_ROOT=root, MIDDLEWARE=[SECURITY])
    headers = site.get("/static/app.css").headers
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
