"""nginx, set up well and badly: the faults of guides, each found by its own id."""

from __future__ import annotations

import gzip
import re
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from .conftest import ids, look
from .daemons import nginx
from .server import Misbehaving

pytestmark = pytest.mark.live

DOCS = Path(__file__).parents[2] / "docs" / "verify.md"

#: Fields that belong to each file.
FIELDS = """
    add_header Cache-Control $lasts;
    add_header X-Content-Type-Options nosniff;
    add_header Access-Control-Allow-Origin *;
"""
#: Files that a build compressed.
STATIC = "gzip_static on; gzip_vary on; brotli_static on;"
#: Compression while a visitor waits.
DYNAMIC = """
    gzip on; gzip_vary on; gzip_proxied any;
    gzip_types text/css text/javascript image/svg+xml;
"""
PAGES = "location / { root @WWW@; add_header Cache-Control no-cache; }"


def site(inside, *, at_server=FIELDS + STATIC, pages=PAGES, before=""):
    """A server block."""
    return f"{before} server {{ listen 127.0.0.1:@PORT@; {at_server} {inside} {pages} }}"


ALIAS = "location /static/ { alias @ROOT@/; try_files $uri =404; }"
PROXY = "location /static/ { proxy_pass http://127.0.0.1:@BEHIND@; %s }"
CACHE = "proxy_cache static; add_header X-Cache-Status $upstream_cache_status always;"

WELL = {
    "files, compressed by the build": site(ALIAS),
    "files, compressed by nginx": site(ALIAS, at_server=FIELDS + DYNAMIC),
    "expires max and immutable, where the name says so": site(
        ALIAS
        + r"""location ~ "^/static/(.*\.[0-9a-f]{12}\.\w+)$" {
            alias @ROOT@/$1; expires max;
            add_header Cache-Control "public, immutable";
            add_header X-Content-Type-Options nosniff;
            add_header Access-Control-Allow-Origin *;
        }"""
    ),
    "before Hiss": site(PROXY % "", at_server="", pages=PROXY.replace("/static/", "/") % ""),
    "before Hiss, with a cache": site(
        PROXY % CACHE, at_server="", pages=PROXY.replace("/static/", "/") % ""
    ),
}

BROKEN = {
    "alias without its slash": ("V010", site("location /static/ { alias @ROOT@; }")),
    "root instead of alias": ("V010", site("location /static/ { root @ROOT@; }")),
    "a page for what is not there": (
        "V080",
        site("", pages="location / { root @WWW@; try_files $uri /index.html; }"),
    ),
    "a page for a script that is not there": (
        "V011",
        site(
            r"location ~ ^/static/js/ { root @EMPTY@; try_files $uri /page; }"
            "location = /page { root @WWW@; rewrite ^ /index.html break; }",
            pages="location / { root @WWW@; try_files $uri $uri/ =404; index index.html; }",
        ),
    ),
    "a page for errors": (
        "V080",
        site("error_page 404 =200 /index.html;" + ALIAS),
    ),
    "no Vary with gzip_static": ("V032", site(ALIAS, at_server=FIELDS + "gzip_static on;")),
    "no Vary with gzip": (
        "V032",
        site(ALIAS, at_server=FIELDS + DYNAMIC.replace("gzip_vary on;", "")),
    ),
    "all is immutable": (
        "V040",
        site(ALIAS, at_server=FIELDS.replace("$lasts", '"max-age=31536000, immutable"') + STATIC),
    ),
    "nothing is": ("V041", site(ALIAS, at_server=FIELDS.replace("$lasts", "max-age=60") + STATIC)),
    "expires beside Cache-Control": ("V042", site("expires 1h;" + ALIAS)),
    "types without scripts": (
        "V012",
        site(
            "types { text/css css; image/svg+xml svg; image/png png; font/woff2 woff2; "
            "video/webm webm; text/html html; }" + ALIAS
        ),
    ),
    "no types at all": (
        "V012",
        site(
            "types { } default_type application/octet-stream;" + ALIAS,
            pages="location / { root @WWW@; default_type text/html; types { } }",
        ),
    ),
    "add_header of a location takes the place of others": (
        "V013",
        site("location /static/ { alias @ROOT@/; add_header Cache-Control $lasts; "
             "add_header Access-Control-Allow-Origin *; }"),
    ),
    "no compression": ("V035", site(ALIAS, at_server=FIELDS)),
    "gzip to everybody": (
        "V031",
        site(ALIAS + "location ~ ^/static/(.*css)$ { alias @ROOT@/$1; gzip_static always; }"),
    ),
    "no tags": ("V050", site("etag off;" + ALIAS)),
    "no parts": ("V060", site("max_ranges 0;" + ALIAS)),
    "a listing": ("V082", site("location /static/ { alias @ROOT@/; autoindex on; }")),
    "redirected to HTTPS": (
        "V014",
        site("location /static/ { return 301 https://$host$request_uri; }"),
    ),
    "forbidden": ("V010", site("location /static/ { alias @ROOT@/; deny all; }")),
    "a miss is kept": (
        "V081",
        site(
            PROXY % (CACHE + "proxy_ignore_headers Cache-Control; proxy_cache_valid 404 1h; "
                     "proxy_cache_valid 200 1h;"),
            at_server="",
            pages=PROXY.replace("/static/", "/") % "",
        ),
    ),
    "the cache keeps nothing": (
        "V091",
        site(
            PROXY % (CACHE + "proxy_no_cache 1;"),
            at_server="",
            pages=PROXY.replace("/static/", "/") % "",
        ),
    ),
    "a rule from before takes the style sheets": (
        "V090",
        site(
            PROXY % "" + "location ~ ^/static/(.*css)$ { alias @ROOT@/$1; }",
            pages=PROXY.replace("/static/", "/") % "",
        ),
    ),
}  # fmt: skip


@pytest.fixture
def start(shop, server, tmp_path):
    """Starts an nginx with this server block."""
    www, empty = tmp_path / "www", tmp_path / "empty"
    www.mkdir()
    empty.mkdir()
    (www / "index.html").write_text(shop.page())
    (www / "static").symlink_to(shop.root)

    def run(text, root=None):
        for name, value in {
            "@ROOT@": root or shop.root,
            "@WWW@": www,
            "@EMPTY@": empty,
            "@BEHIND@": server.port,
        }.items():
            text = text.replace(name, str(value))
        return nginx(tmp_path / "nginx", text)

    return run


@pytest.mark.parametrize("text", WELL.values(), ids=WELL)
def test_what_nginx_serves_well_is_clean(start, shop, text):
    """Also when it is held against what was built."""
    with start(text) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        report = look(url)
        assert report.findings == ()
        assert "nginx" in report.served_by
        assert report.assets == 11
        assert look(url, root=str(shop.root)).findings == ()


def test_the_block_of_the_documentation(start, shop):
    """It serves well; and what Hiss records for itself, it does not hand out."""
    [block] = re.findall(r"```nginx\n(map .*?)```", DOCS.read_text(), re.DOTALL)
    # The lasting names are in the harness's configuration, as are the types.
    inside = block[block.index("location /static/") :].replace("/srv/shop/static/", "@ROOT@/")
    with start(site(inside, at_server="")) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        # There is no brotli in it, as Debian's nginx has none.
        assert look(url).findings == ()
        assert (shop.root / ".hiss" / "current").is_file()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}static/.hiss/current")


@pytest.mark.parametrize(("key", "text"), BROKEN.values(), ids=BROKEN)
def test_what_nginx_serves_badly_is_found(start, key, text):
    """By its own id, and no other's."""
    with start(text) as (port, _):
        report = look(f"http://127.0.0.1:{port}/")
        assert ids(report) == {key}
        assert all(each.cause for each in report.findings)


def test_an_older_gz_beside_a_file_is_found(start, shop, tmp_path):
    """gzip_static sends what is there."""
    root = tmp_path / "copy"
    shutil.copytree(shop.root, root)
    for each in root.glob("css/*.css.gz"):
        each.write_bytes(gzip.compress(b"/* the former */"))
    with start(site(ALIAS), root) as (port, _):
        assert ids(look(f"http://127.0.0.1:{port}/")) == {"V030"}


def test_a_file_compressed_in_place_is_found(start, shop, tmp_path):
    """Its bytes are gzip, its name is not, and nothing says so."""
    root = tmp_path / "copy"
    shutil.copytree(shop.root, root)
    for each in root.glob("img/*.svg"):
        each.write_bytes(gzip.compress(each.read_bytes()))
    for each in [*root.glob("img/*.gz"), *root.glob("img/*.br")]:
        each.unlink()
    with start(site(ALIAS), root) as (port, _):
        assert ids(look(f"http://127.0.0.1:{port}/")) == {"V033"}


def test_a_file_compressed_in_place_and_once_more_is_found(start, shop, tmp_path):
    """A .gz was made of what was gzip already: `gzip -k` over a folder, run twice."""
    root = tmp_path / "copy"
    shutil.copytree(shop.root, root)
    for each in root.glob("css/*.css.gz"):
        each.write_bytes(gzip.compress(each.read_bytes()))
    with start(site(ALIAS), root) as (port, _):
        assert ids(look(f"http://127.0.0.1:{port}/")) == {"V034"}


def test_a_file_changed_on_disk_is_found(start, shop, tmp_path):
    """By the hash in its name; and, held against what was built, by that."""
    root = tmp_path / "copy"
    shutil.copytree(shop.root, root)
    [file] = root.glob("img/logo.*.svg")
    file.write_bytes(file.read_bytes() + b"<!-- mended by hand -->")
    for each in root.glob("img/logo.*.svg.*"):
        each.unlink()
    with start(site(ALIAS, at_server=FIELDS + DYNAMIC), root) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        assert ids(look(url)) == {"V020"}
        assert ids(look(url, root=str(shop.root))) == {"V021"}


def test_a_cache_without_vary_is_found(start, server, shop):
    """Whoever comes first decides for all."""
    cache = CACHE + "proxy_ignore_headers Vary;"
    text = site(PROXY % cache, at_server="", pages=PROXY.replace("/static/", "/") % "")
    with start(text) as (port, _):
        url = f"http://127.0.0.1:{port}"
        for name in ("css/app.css", "css/type.css"):
            warm = f"{url}/static/{shop.file(name)}"
            request = urllib.request.Request(warm, headers={"Accept-Encoding": "gzip"})
            urllib.request.urlopen(request).read()
        report = look(url)
        found = [each for each in report.findings if each.url.endswith(".css")]
        assert {each.id for each in found} == {"hiss.V031"}


def test_a_host_of_its_own_needs_cors(start, shop, tmp_path):
    """Fonts and modules are refused without."""
    for lack, keys in (("", set()), ("add_header Access-Control-Allow-Origin *;", {"V070"})):
        fields = FIELDS.replace(lack, "") if lack else FIELDS
        text = f"server {{ listen 127.0.0.1:@PORT@; {fields} {STATIC} {ALIAS} }}"
        with start(text) as (port, _):
            cdn = f"http://127.0.0.1:{port}/static/"
            with Misbehaving(shop.app(shop.page(cdn))) as pages:
                assert ids(look(pages.url, prefix=cdn)) == keys
