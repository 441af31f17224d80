"""Sites with a user's own rules, and releases that are built after they have started."""

import pytest

from hiss.core.asset import Asset
from hiss.files.mount import Mount
from hiss.files.options import settle
from hiss.files.site import open_site


def headers_of(origin, path):
    resource = origin.find(path).load()
    assert isinstance(resource, Asset)
    return dict(resource.headers)


def open_mount(root, **options):
    return open_site((Mount("/s/", str(root), owned=True),), settle(options))


def add_header(headers, _path, url):
    """A rule that knows which files there were."""
    if "new" in url:
        raise KeyError(url)
    headers["X-Url"] = url


def test_a_rule_for_headers_hears_of_later_releases(tmp_path, write_release, log):
    """What a build brings while the process runs is immutable; a rule that fails for it costs the
    rule, and no answer. At the start, a rule is called for every file.
    """
    called = []

    def rule(headers, path, url):
        called.append(url)
        add_header(headers, path, url)

    write_release(tmp_path, {"a.css": "a"}, immutable={"a.css"})
    origin = open_mount(tmp_path, add_headers_function=rule)
    assert called == ["/s/a.css"]
    write_release(tmp_path, {"b.css": "b", "new.css": "n"}, immutable={"b.css", "new.css"})
    assert headers_of(origin, "/s/b.css")["X-Url"] == "/s/b.css"
    assert "immutable" in headers_of(origin, "/s/b.css")["Cache-Control"]
    assert "immutable" in headers_of(origin, "/s/new.css")["Cache-Control"]
    assert "X-Url" not in headers_of(origin, "/s/new.css")
    assert headers_of(origin, "/s/a.css")["X-Url"] == "/s/a.css"
    [line] = log()
    assert line.startswith("add_headers_function failed for /s/new.css")


@pytest.mark.parametrize("name", ["b.css", "beside.css"])
def test_a_test_for_immutable_files_may_fail_later(tmp_path, write_release, log, name):
    """A user's test that raises for a file that came later counts as "no"."""

    def test(_path, url):
        if url != "/s/a.css":
            raise KeyError(url)
        return True

    write_release(tmp_path, {"a.css": "a"})
    origin = open_mount(tmp_path, immutable_file_test=test)
    assert "immutable" in headers_of(origin, "/s/a.css")["Cache-Control"]
    write_release(tmp_path, {"b.css": "b"})
    (tmp_path / "beside.css").write_text("beside")
    assert headers_of(origin, f"/s/{name}")["Cache-Control"] == "max-age=60, public"
    assert log()[0].startswith(f"immutable_file_test failed for /s/{name}")
