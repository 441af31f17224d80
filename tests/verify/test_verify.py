"""Each fault is found, by its own id and no other's; and what is well served has none."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess

import pytest

from hiss.errors import ConfigurationError
from hiss.verify.checks import CHECKS
from hiss.verify.site import is_at_home

from .conftest import ids, look
from .faults import ABROAD, FAULTS, OF_THE_SITE, misses_are, page_says, warm_cdn, with_fields
from .server import Asked, Reply, call

HERE = "127.0.0.1"


def named(table):
    return pytest.mark.parametrize(
        ("key", "fault"), [each[::2] for each in table], ids=[each[1] for each in table]
    )


def test_a_well_served_site_is_clean(server, shop):
    """Every check is held against it, and finds nothing."""
    report = look(server.url)
    assert report.findings == ()
    assert report.release == shop.manifest.id
    assert len(report.pages) == 2
    # All that the page, its style sheets and its modules name; nothing of a comment or a template.
    assert report.assets == 11
    assert not {*CHECKS} - {each.removeprefix("hiss.") for each in report.checked}


@named(FAULTS)
def test_a_fault_is_found_by_its_own_id(server, key, fault):
    """And by no other's."""
    server.fault = fault
    report = look(server.url)
    assert ids(report) == {key}
    for each in report.findings:
        assert each.what
        assert each.cause, "what is likely to blame is said"
        assert each.curl.startswith("curl "), "and how to see it again"


@named(OF_THE_SITE)
def test_a_fault_of_this_site_is_found_by_its_own_id(server, shop, key, fault):
    """And by no other's."""
    server.fault = fault(shop)
    assert ids(look(server.url)) == {key}


@named(ABROAD)
def test_a_fault_of_another_origin_is_found_by_its_own_id(abroad, key, fault):
    """And by no other's; a warning or an error at the CDN's host."""
    site, cdn = abroad
    cdn.fault = fault
    report = look(site.url, prefix=f"{cdn.url}/static/")
    assert ids(report) == {key}
    assert all(each.url.startswith(cdn.url) for each in report.findings)


def test_another_origin_well_served_is_clean(abroad):
    """Fonts, modules and what has an integrity come with CORS."""
    site, cdn = abroad
    report = look(site.url, prefix=f"{cdn.url}/static/")
    assert report.findings == ()
    assert report.assets == 11


def test_the_fields_of_another_origin_do_not_matter_at_home(server):
    """Without CORS, a page has its own files all the same."""
    server.fault = with_fields("", access_control_allow_origin=None)
    assert look(server.url).findings == ()


def test_a_host_that_is_not_named_is_not_asked(abroad):
    """It is said, and nothing goes there."""
    site, cdn = abroad
    report = look(site.url)
    assert cdn.asked == []
    assert any(f"127.0.0.1:{cdn.port}" in each and "--host" in each for each in report.notes)
    assert look(site.url, hosts=(f"127.0.0.1:{cdn.port}",)).findings == ()
    assert cdn.asked


def test_mixed_content_is_found(secure, shop, server):
    """What a page over HTTPS needs over HTTP is refused."""
    page = shop.page().replace(f'"/static/{shop.file("js/old.js")}', f'"{server.url}/static/x.js')
    with secure(page) as site:
        assert ids(look(site.url)) == {"V002"}
    assert server.asked == []
    with secure(shop.page()) as site:
        assert look(site.url).findings == ()


def test_mixed_images_are_a_warning(secure, shop, server):
    """Browsers upgrade them."""
    page = shop.page().replace("<template>", f'<img src="{server.url}/static/x.png"><template>')
    with secure(page) as site:
        [found] = {each.url: each for each in look(site.url).findings}.values()
    assert (found.id, found.severity) == ("hiss.V002", "warning")


def test_a_certificate_that_is_not_trusted_is_said(secure, shop, monkeypatch):
    """Nothing can be looked at."""
    with secure(shop.page()) as site:
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(ConfigurationError, match="TLS: CERTIFICATE_VERIFY_FAILED"):
            look(site.url)


def test_a_wrong_integrity_is_found(server):
    """As browsers do."""
    server.fault = page_says(b'integrity="sha384-', b'integrity="sha384-AAAA')
    report = look(server.url)
    assert ids(report) == {"V022"}
    assert report.findings[0].page == server.url + "/"


def test_the_strongest_of_several_hashes_counts(server):
    """One that is not known counts for nothing."""
    server.fault = page_says(b'integrity="', b'integrity="md5-x sha256-AAAA ')
    assert look(server.url).findings == ()
    server.fault = page_says(b'integrity="', b'integrity="sha512-AAAA ')
    assert ids(look(server.url)) == {"V022"}


def test_a_page_of_another_release_is_found(server, shop):
    """Its files answer, and are not of the release that the site says it renders."""
    [old] = [
        each for each in shop.root.glob("js/old.*.js") if each.name not in shop.file("js/old.js")
    ]
    current = shop.file("js/old.js").encode()
    text = page_says(current, f"js/{old.name}".encode())
    without = page_says(b"integrity=", b"data-x=")
    server.fault = lambda asked, reply: without(asked, text(asked, reply))
    assert ids(look(server.url)) == {"V003"}


def test_a_process_that_was_not_restarted_is_found(server, shop, tmp_path):
    """The folder has another release in force than the site renders."""
    root = tmp_path / "static"
    shutil.copytree(shop.root, root)
    other = next(p.stem for p in (root / ".hiss/releases").iterdir() if p.stem != shop.manifest.id)
    (root / ".hiss/current").write_text(other + "\n")
    assert ids(look(server.url, root=str(root))) == {"V004"}
    (root / ".hiss/current").write_text(shop.manifest.id + "\n")
    assert look(server.url, root=str(root)).findings == ()


def hide_hiss(asked, reply):
    """No word of releases: a site without Hiss, as far as that shows."""
    is_word = re.fullmatch(r"/static/hiss(\.\w+)?\.json", asked.path)
    return Reply(404, [("Cache-Control", "no-store")]) if is_word else reply


def test_a_site_without_hiss_is_clean_and_says_what_was_left_out(server):
    """Also a cycle of modules, whose names are not hashes of one file's bytes."""
    server.fault = hide_hiss
    report = look(server.url)
    assert report.findings == ()
    assert report.release == ""
    assert any("hiss.json" in each for each in report.notes)


def test_a_name_that_is_not_of_these_bytes_is_found(server):
    """Without a manifest the name tells."""

    def fault(asked, reply):
        if asked.path.endswith(".mjs") and reply.status == 200 and reply.body:
            reply = Reply(200, reply.fields, b"export default 2;").set(content_encoding=None)
        return hide_hiss(asked, reply)

    server.fault = fault
    found = look(server.url)
    assert ids(found) >= {"V020"}
    assert not ids(found) & {"V021", "V022", "V040"}


def test_what_another_tool_hashed_may_be_immutable(server, shop):
    """vite writes app-B1cD2eF3.js: nobody can tell what its hash is of."""
    name = "assets/app-B1cD2eF3.js"
    target = shop.file("js/old.js").encode()
    says = page_says(b"/static/" + target, b"/static/" + name.encode())

    def fault(asked, reply):
        if asked.path == f"/static/{name}":
            asked.path = "/static/" + target.decode()
            reply = call(shop.app(), asked)
        return hide_hiss(asked, says(asked, reply))

    server.fault = fault
    assert look(server.url).findings == ()


@pytest.mark.parametrize(
    ("name", "age", "severities"),
    [
        ("img/logo.svg", 86401, ["warning"]),
        ("img/logo.svg", 86400, []),
        ("img/logo.svg", "31536000, immutable", ["error"]),
        # Who says 3.7.1 writes 3.7.2 next.
        ("jquery-3.7.1.min.js", 315360000, []),
        ("v2/app.js", 315360000, []),
        ("img/logo.svg?v=2", 315360000, []),
    ],
)
def test_plain_names_are_not_kept_for_long(server, name, age, severities):
    """Without a manifest, where nothing in the name may be a version."""
    says = page_says(b"/static/img/logo.svg", f"/static/{name}".encode())
    svg = call(server.app, Asked("GET", "/static/img/logo.svg", {"host": HERE}))
    kind = "text/javascript" if name.endswith(".js") else "image/svg+xml"
    reply = svg.set(cache_control=f"max-age={age}", content_type=kind)

    def fault(asked, right):
        if asked.path != f"/static/{name}":
            return hide_hiss(asked, says(asked, right))
        return reply

    server.fault = fault
    found = [each for each in look(server.url).findings if each.id == "hiss.V040"]
    assert [each.severity for each in found] == severities


def test_no_compression_is_found(server):
    """Text of more than a packet, in whatever coding is asked for."""

    def fault(asked, reply):
        if not asked.is_static:
            return reply
        asked.fields.pop("accept-encoding", None)
        return call(server.app, asked)

    server.fault = fault
    assert ids(look(server.url)) == {"V035"}


@pytest.fixture
def developed(server):
    """The site as it is with DEBUG on: nothing is coded, nothing is kept."""
    debug = misses_are(404, b"because DEBUG is on", cache_control="no-store")
    unkept = with_fields("", cache_control="max-age=0")

    def fault(asked, reply):
        if not asked.is_static:
            return reply
        asked.fields.pop("accept-encoding", None)
        return debug(asked, unkept(asked, call(server.app, asked)))

    server.fault = fault
    return server


def test_debug_explains_what_comes_of_it(developed):
    """At home it is nothing wrong; what is neither coded nor kept is not said beside it."""
    report = look(developed.url)
    assert {(each.id, each.severity) for each in report.findings} == {("hiss.V006", "note")}
    assert report.is_good
    assert not look(developed.url, ignored=frozenset({"V006"})).findings


def test_debug_is_wrong_where_the_world_may_come(developed, monkeypatch):
    """Under any other name than this machine's own."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *more, **how: resolve(HERE, *more, **how))
    report = look(developed.url.replace(HERE, "shop.example"))
    assert {(each.id, each.severity) for each in report.findings} == {("hiss.V006", "error")}
    assert not report.is_good
    assert "to everybody" in report.findings[0].what


@pytest.mark.parametrize(
    ("host", "at_home"),
    [
        ("localhost:8000", True),
        ("shop.localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8:80", True),
        ("[::1]:8000", True),
        ("192.168.0.1", False),
        ("[2001:db8::1]", False),
        ("localhost.example", False),
        ("notlocalhost", False),
        ("shop.example", False),
    ],
)
def test_at_home(host, at_home):
    """What leads to this machine and to no other."""
    assert is_at_home(f"http://{host}/static/") is at_home


def test_a_cdn_that_keeps_files_is_clean(server):
    """The second request comes out of it."""
    server.fault = warm_cdn
    report = look(server.url)
    assert report.findings == ()
    assert report.served_by == ("Cloudflare",)


def test_the_cause_is_that_of_who_answers(server):
    """The same fault has another cause at Cloudflare."""
    server.fault = with_fields(".css", cache_control="max-age=14400", server="cloudflare")
    causes = {each.cause for each in look(server.url).findings}
    server.fault = with_fields(".css", cache_control="max-age=14400", server="nginx/1.22.1")
    others = {each.cause for each in look(server.url).findings}
    assert "Browser Cache TTL" in causes.pop()
    assert "map of $uri" in others.pop()


def test_hiss_may_be_expected(server):
    """A site that says nothing of Hiss is not by Hiss: that is a fault if it must be."""

    def fault(asked, reply):
        return with_fields("", etag='"5f-1"')(asked, hide_hiss(asked, reply))

    server.fault = fault
    assert "V090" not in ids(look(server.url))
    assert "V090" in ids(look(server.url, expects_hiss=True))


def test_the_command_shows_the_fault_again(server):
    """curl, run as it is said, gets the same answer."""
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    server.fault = with_fields(".css", content_type="text/plain")
    [found] = {each.url: each for each in look(server.url).findings if "app" in each.url}.values()
    done = subprocess.run(found.curl, shell=True, capture_output=True, text=True, check=True)
    assert "content-type: text/plain" in done.stdout.lower()


def test_every_check_is_shown_to_find_something():
    """The table of faults has each id, but those that have tests of their own above or at nginx."""
    shown = {key for key, *_ in (*FAULTS, *OF_THE_SITE, *ABROAD)}
    assert {*CHECKS} - shown == {"V002", "V003", "V004", "V007", "V020", "V022", "V035"}
