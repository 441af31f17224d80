"""`python -m whitenoise.compress`, and its class."""

import gzip
import os
import subprocess
import sys

import brotli
import pytest
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor, main

TEXT = b"a { color: red } " * 200


@pytest.fixture
def tree(make_tree):
    """A folder with what shrinks, what does not, and what is skipped by its extension."""
    return make_tree(
        {
            "css/app.css": TEXT,
            "css/APP2.CSS": TEXT,
            "photo.JPG": TEXT,
            "noise.bin": os.urandom(500),
            "empty.txt": "",
            ".hidden/x.css": TEXT,
        }
    )


def variants(root):
    """The names of the variants below a folder."""
    return sorted(
        str(path.relative_to(root)) for path in root.rglob("*") if path.suffix in {".br", ".gz"}
    )


BOTH = ["css/APP2.CSS.br", "css/APP2.CSS.gz", "css/app.css.br", "css/app.css.gz"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), BOTH),
        (("-q",), BOTH),
        (("--no-gzip",), BOTH[::2]),
        (("--no-brotli",), BOTH[1::2]),
        (("--no-gzip", "--no-brotli"), []),
    ],
)
def test_the_command(tree, capsys, arguments, expected):
    """Both, or one of them, beside every file that shrinks; quiet, or a line for each."""
    assert main([*arguments, str(tree)]) == 0
    assert variants(tree) == expected
    said = capsys.readouterr().out.splitlines()
    assert bool(said) == ("-q" not in arguments and bool(expected))


def test_extensions_take_the_place_of_the_list(tree):
    """Those that are named are skipped, in any case, and no others."""
    assert main(["-q", str(tree), "css", "bin"]) == 0
    assert variants(tree) == ["photo.JPG.br", "photo.JPG.gz"]


def test_twice_is_as_once(tree):
    """What lies beside a file is not compressed again, even where its extension is not skipped."""
    # So long that what gzip makes of it would shrink once more.
    (tree / "long.css").write_bytes(TEXT * 300)
    assert main(["-q", str(tree)]) == 0
    assert main(["-q", str(tree), "jpg"]) == 0
    assert variants(tree) == [*BOTH, "long.css.br", "long.css.gz"]


def test_from_a_shell(tree):
    """As the page has it; and what comes of it is served."""
    command = [sys.executable, "-m", "whitenoise.compress", str(tree)]
    sources = os.path.dirname(os.path.dirname(sys.modules["whitenoise"].__file__))
    environment = {**os.environ, "PYTHONPATH": sources}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "app.css: br (3 KiB -> 0 KiB)" in done.stdout
    assert gzip.decompress((tree / "css/app.css.gz").read_bytes()) == TEXT
    assert brotli.decompress((tree / "css/app.css.br").read_bytes()) == TEXT
    asked = subprocess.run(
        [*command[:3], "--help"], env=environment, capture_output=True, text=True
    )
    for word in ("-q", "--quiet", "--no-gzip", "--no-brotli", "root", "extensions", "woff2"):
        assert word in asked.stdout


def test_what_it_wrote_is_served(tree, app, wsgi_get):
    """The variants are the file's, to WhiteNoise."""
    assert main(["-q", str(tree)]) == 0
    response = wsgi_get(WhiteNoise(app, tree), "/css/app.css", headers={"Accept-Encoding": "br"})
    assert brotli.decompress(response.body) == TEXT


def test_a_folder_that_is_not_there(tmp_path, capsys):
    """It is said, and nothing is pretended."""
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "none")])
    assert ended.value.code == 2
    assert f"there is no folder {tmp_path}/none" in capsys.readouterr().err


def test_the_class(tree):
    """Which files, which codings, and whom the log is for."""
    said = []
    compressor = Compressor(use_brotli=False, log=said.append)
    assert compressor.should_compress("a.css")
    assert not compressor.should_compress("a.JPEG")
    assert not compressor.should_compress("a.css.gz")
    written = compressor.compress(tree / "css/app.css")
    assert written == [str(tree / "css/app.css.gz")]
    assert len(said) == 1
    assert Compressor(extensions=["css"]).should_compress("a.jpg")
    assert not Compressor(extensions=["css"]).should_compress("a.css")
    assert Compressor(extensions=[]).should_compress("a.jpg")
    assert Compressor(quiet=True, log=said.append).compress(tree / "noise.bin") == []
    assert len(said) == 1


def test_a_subclasss_extensions(tree):
    """The list is a class attribute."""

    class Own(Compressor):
        SKIP_COMPRESS_EXTENSIONS = ("css",)

    assert not Own().should_compress("a.css")
    assert Own().should_compress("a.jpg")
