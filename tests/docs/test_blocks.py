"""The runner of the documentation's blocks sees what is wrong with a page."""

import shutil
import socket

import pytest

from docs import checking
from docs.blocks import PageError, read_blocks
from docs.images import read_dockerfile
from docs.running import change, matches

UNREADABLE = {
    "no role": ("Look:\n\n```json\n{}\n```\n", "page.md:3: nothing says"),
    "no language": ("```\na\n```\n", "page.md:1: nothing says"),
    "indented": ("Do:\n\n    make it\n", "page.md:3: nothing says"),
    "in a list": ("1. Do:\n\n   ```text\n   a\n   ```\n", "page.md:3: nothing says"),
    "a comment too far": ("<!-- output -->\n\n```text\na\n```\n", "page.md:3: nothing says"),
    "a misspelt word": ("<!-- ouput -->\n```sh\na\n```\n", "page.md:2: <!-- ouput -->"),
    "a check without a reason": ("<!-- check: toml -->\n```toml\na=1\n```\n", "page.md:2: <!-- ch"),
    "a file without a name": ("<!-- file -->\n```sh\na\n```\n", "page.md:2: <!-- file: NAME -->"),
}

FAULTS = {
    "a command fails": ("```sh\nfalse\n```\n", "page.md:1: ended with 1, not 0"),
    "a command in the middle fails": ("```sh\nfalse | true\n```\n", "page.md:1: ended with 1"),
    "a command does not fail": ("<!-- exit: 1 -->\n```sh\ntrue\n```\n", "page.md:2: ended with 0"),
    "a name is not set": ("```sh\necho $NONE\n```\n", "page.md:1: ended with 1"),
    "other output": (
        "```sh\necho one\n```\n\n<!-- output -->\n```text\ntwo\n```\n",
        "page.md:6: it prints something else:\none",
    ),
    "output of nothing": ("<!-- output -->\n```text\na\n```\n", "page.md:2: there is no command"),
    "other output at a console": ("```console\n$ echo one\ntwo\n```\n", "page.md:1: it prints"),
    "Python raises": ("```python\n1 / 0\n```\n", "page.md:1: ended with 1, not 0"),
    "a file that is no TOML": ("<!-- file: a.toml -->\n```toml\na=\n```\n", "page.md:2: TOML"),
    "a file that is no Python": ("<!-- file: a.py -->\n```python\na=\n```\n", "page.md:2: Syn"),
    "not what its kind says": ("<!-- check: json: why -->\n```json\n{\n```\n", "page.md:2: JSON"),
    "no such kind": ("<!-- check: cobol: why -->\n```text\na\n```\n", "page.md:2: cobol: one of"),
    "a server that ends": (
        "<!-- server -->\n```sh\ntrue --port 8000\n```\n",
        "page.md:2: the server does not answer",
    ),
    "a start in the middle": ("<!-- start: django -->\n", "page.md:1: a page starts with"),
}

OUTPUTS = [
    ("a\nb\n", "a\nb\n", True),
    ("a\n", "a\nb\n", False),
    ("b\n", "a\nb\n", False),
    ("a … c\n", "a b c\n", True),
    ("a … c\n", "a b\nc\n", False),
    ("a\n…\nd\n", "a\nb\nc\nd\n", True),
    ("a\n…\nd\n", "a\nd\n", True),
    ("…\nd\n", "a\nb\nd\n", True),
    ("a\n…\n", "a\nb\n", True),
    ("a\n…\nd\n", "a\nb\nc\n", False),
    ("a.c\n", "abc\n", False),
]


@pytest.mark.parametrize(("text", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_page_that_cannot_be_read(text, said):
    """A block without a known role is an error that says where it is and what to do."""
    with pytest.raises(PageError) as error:
        read_blocks("page.md", text)
    assert str(error.value).startswith(said)


@pytest.mark.live
@pytest.mark.parametrize(("text", "said"), FAULTS.values(), ids=FAULTS)
def test_page_with_a_fault(text, said, make_page):
    """A page that says what is not so fails, at the block that says it."""
    with pytest.raises(PageError) as error:
        make_page(wheels=False).follow(read_blocks("page.md", text))
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(("expected", "printed", "same"), OUTPUTS)
def test_output(expected, printed, same):
    """An ellipsis stands for anything in its line, alone for any lines; nothing else does."""
    assert matches(expected, printed) is same


@pytest.mark.live
def test_page_goes_on_where_it_was(make_page):
    """Folder and exported variables go from block to block, hidden ones too; ports are free ones,
    and are said as the page says them."""
    page = make_page(wheels=False)
    text = """
<!-- where: shop.example is 127.0.0.1:8000 -->
<!-- run
mkdir -p a
-->

```sh
cd a && export B=shop.example
```

<!-- file: c.txt -->
```text
shop.example
```

```console
$ echo $B && pwd && cat c.txt
shop.example
…/site/a
shop.example
```

```python
import os
```

```python
assert os.environ["B"].startswith("127.0.0.1:") and os.environ["B"][10:] != "80" "00"
```
"""
    page.follow(read_blocks("page.md", text))
    assert (page.folder / "a" / "c.txt").read_text() != "shop.example\n"


@pytest.mark.live
def test_servers_end_with_the_page(make_page):
    """A server answers while the page is followed, and is gone after it."""
    page = make_page(wheels=False)
    text = """
<!-- server -->
```sh
python -m http.server --bind 127.0.0.1 8000
```

```sh
python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/')"
(setsid sleep 100 > /dev/null 2>&1 &)
```
"""
    page.follow(read_blocks("page.md", text))
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", int(page.port("8000")))):
        pass


@pytest.mark.live
def test_page_that_needs_what_is_not_there(make_page):
    """A page that needs a command which is not there is left, and says so."""
    page = make_page(wheels=False)
    page.follow(read_blocks("page.md", "<!-- needs: no-such-thing -->\n\n```sh\nfalse\n```\n"))
    assert page.missing == ["page.md:1: no-such-thing is not installed"]


def test_changes():
    """Assignments take the place of those of the same name, however long, and others are added."""
    before = "A = [\n    1,\n]\nB = 2  # two\n"
    assert change(before, "A = []\nC = 3\n") == "A = []\nB = 2  # two\n\nC = 3\n"


def test_dockerfile():
    """A Dockerfile's steps are read over continued lines and comments among them."""
    text = "# a\nFROM x AS y\nRUN a && \\\n    # why\n    b\n"
    assert [(name, rest.split()) for name, rest in read_dockerfile(text)] == [
        ("FROM", ["x", "AS", "y"]),
        ("RUN", ["a", "&&", "b"]),
    ]


NGINX = [
    ("map $uri $lasts { default a; }\nlocation / { return 204; }", ""),
    ("upstream a { server 127.0.0.1:1; }\nserver { listen 127.0.0.1:2; }", ""),
    ("location / { no_such_directive on; }", "no_such_directive"),
]


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
@pytest.mark.parametrize(("text", "wrong"), NGINX)
def test_nginx(text, wrong, tmp_path):
    """nginx itself judges directives, wherever they belong."""
    if not wrong:
        checking.check_nginx(text, tmp_path)
        return
    with pytest.raises(AssertionError, match=wrong):
        checking.check_nginx(text, tmp_path)
