"""What a page needs, by its HTML."""

import pytest

from hiss.release.deploy.links import find_links, parse_srcset


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<link rel=stylesheet href="a.css">', ["a.css"]),
        ('<LINK REL="Shortcut Icon" HREF=a.ico />', ["a.ico"]),
        ('<link rel="modulepreload" href="a.js"><link rel="preload" href="b">', ["a.js", "b"]),
        ('<link rel="canonical" href="/x"><link rel="next" href="/y"><a href="/z">', []),
        ('<script src="a.js"></script><script>"<img src=b>"</script>', ["a.js"]),
        ('<img src="a.png" srcset="b.png 1x, c.png 2x">', ["a.png", "b.png", "c.png"]),
        ('<picture><source srcset="a.avif"></picture>', ["a.avif"]),
        ("<video src=a poster=b><source src=c><track src=d></video>", ["a", "b", "c", "d"]),
        ('<svg><use href="a.svg#x"/><use href="#y"/></svg>', ["a.svg#x"]),
        ('<link rel=preload as=image imagesrcset="a 1x" href=b>', ["b", "a"]),
        ("<!-- <img src=a> --><img src='a&amp;b'><img src='a&amp;b'><img src=''>", ["a&b"]),
        ('<base href="/b/"><img src="a"><base href="/c/">', ["/b/a"]),
        (
            '<script type="importmap">{"imports": {"a": "/a.js", "b/": "/b/", "c": 1}}</script>',
            ["/a.js"],
        ),
        ('<script type="importmap">{</script><script type=importmap>[]</script>', []),
        ('<script type="importmap">{"imports": []}</script><img src=a>', ["a"]),
    ],
)
def test_find_links(text, expected):
    """Style sheets, scripts, images and preloads; each once."""
    assert find_links(text) == tuple(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        ("a", ["a"]),
        ("a 1x,b 2x", ["a", "b"]),
        (" , a,b 2x , ", ["a,b"]),
        ("a, b", ["a", "b"]),
        ("data:image/png;base64,xx 1x, b 2x", ["data:image/png;base64,xx", "b"]),
    ],
)
def test_srcset(value, expected):
    """A URL goes up to white space, whatever commas it holds."""
    assert parse_srcset(value) == expected
