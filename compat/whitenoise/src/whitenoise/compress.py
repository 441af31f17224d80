"""`python -m whitenoise.compress ROOT`: writes `.br` and `.gz` beside the files of a folder.

With Hiss's own codecs, in parallel, and nothing twice that its cache holds.
"""

from __future__ import annotations

import argparse
import os
import re
from typing import TYPE_CHECKING, Any, Final

from hiss.build.cache import Cache, default_folder
from hiss.build.content import of_file
from hiss.build.progress import Silent
from hiss.build.variants import Task, make_variants
from hiss.errors import HissError
from hiss.files.scan import scan
from hiss.http.codings import BUILD_LEVELS, SUFFIXES
from whitenoise.hooks import COMPRESSING, warn_of_dead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_KIB: Final = 1024


class Compressor:
    """Compresses files by their names: all but those with certain extensions."""

    #: Extensions of what does not shrink: images, archives, fonts, films.
    SKIP_COMPRESS_EXTENSIONS: Sequence[str] = (
        *("jpg", "jpeg", "png", "gif", "webp"),
        *("zip", "gz", "tgz", "bz2", "tbz", "xz", "br", "zst"),
        *("swf", "flv", "woff", "woff2"),
        *("3gp", "3gpp", "asf", "avi", "m4v", "mov", "mp4", "mpeg", "mpg", "webm", "wmv"),
    )

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        warn_of_dead(cls, COMPRESSING)

    def __init__(
        self,
        extensions: Iterable[str] | None = None,
        use_gzip: bool = True,
        use_brotli: bool = True,
        log: Callable[[str], object] = print,
        quiet: bool = False,
    ) -> None:
        """`extensions` are skipped, in the place of `SKIP_COMPRESS_EXTENSIONS`; `log` takes a line
        for each variant, unless all is `quiet`.
        """
        skipped = self.SKIP_COMPRESS_EXTENSIONS if extensions is None else tuple(extensions)
        self._skipped = tuple(f".{extension.lstrip('.').lower()}" for extension in skipped)
        wanted = {"br": use_brotli, "gzip": use_gzip}
        self._codings = tuple(coding for coding, is_wanted in wanted.items() if is_wanted)
        if not quiet:
            vars(self)["log"] = log

    def log(self, message: str) -> object:
        """Nothing, when all is quiet."""

    def should_compress(self, filename: str) -> bool:
        """Whether the file of that name is to be compressed."""
        return not filename.lower().endswith(self._skipped)

    def compress(self, path: str | os.PathLike[str]) -> list[str]:
        """Compress one file, whatever its extension; the paths of what was written.

        Raises:
            OSError: It cannot be read or written.
        """
        return self.compress_all([os.fspath(path)])

    def compress_all(self, paths: Iterable[str]) -> list[str]:
        """Compress files; the paths of what was written.

        Raises:
            OSError: One cannot be read or written.
        """
        tasks = [
            Task(content, coding, BUILD_LEVELS[coding], (content.path,))
            for content in map(of_file, paths)
            for coding in self._codings
        ]
        written = []
        for made in make_variants(tasks, Cache(default_folder()), Silent()):
            path, coding = made.task.content.path, made.task.coding
            if made.size:
                before, after = made.task.content.size // _KIB, made.size // _KIB
                self.log(f"{path}: {coding} ({before} KiB -> {after} KiB)")
                written.append(path + SUFFIXES[coding])
            else:
                self.log(f"{path}: {coding} would be no smaller")
        return written


def main(argv: Sequence[str] | None = None) -> int:
    """Compress the files of a folder; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m whitenoise.compress",
        description="Write compressed versions, with the suffixes .br and .gz, beside all files "
        "in ROOT that do not have one of EXTENSIONS, where that is smaller.",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing")
    parser.add_argument(
        "--no-gzip", dest="use_gzip", action="store_false", help="write no .gz files"
    )
    parser.add_argument(
        "--no-brotli", dest="use_brotli", action="store_false", help="write no .br files"
    )
    parser.add_argument("root", help="the folder")
    default = Compressor.SKIP_COMPRESS_EXTENSIONS
    parser.add_argument(
        "extensions",
        nargs="*",
        default=default,
        help=f"extensions that are not compressed (default: {', '.join(default)})",
    )
    options = parser.parse_args(argv)
    if not os.path.isdir(options.root):
        parser.error(f"there is no folder {options.root}")
    compressor = Compressor(
        options.extensions, options.use_gzip, options.use_brotli, quiet=options.quiet
    )
    try:
        compressor.compress_all(_files(options.root, compressor))
    except (HissError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    return 0


def _files(root: str, compressor: Compressor) -> list[str]:
    """The files that could be served and are to be compressed; not what lies beside one as its
    variant, whatever the extensions say.
    """
    paths = {found.path for found in scan(root)}
    suffix = re.compile("|".join(map(re.escape, SUFFIXES.values())) + "$")
    return [
        path
        for path in sorted(paths)
        if compressor.should_compress(path) and suffix.sub("", path) not in paths - {path}
    ]


if __name__ == "__main__":
    raise SystemExit(main())
