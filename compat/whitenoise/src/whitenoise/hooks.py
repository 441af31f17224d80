"""WhiteNoise's inner hooks, which subclasses in the wild override, and which nothing calls here."""

from __future__ import annotations

import warnings
from typing import Final

SERVING: Final = frozenset(
    {
        "add_cache_headers",
        "add_file_to_dictionary",
        "add_files_from_finders",
        "add_mime_headers",
        "candidate_paths_for_url",
        "configure_from_settings",
        "find_file",
        "find_file_at_path",
        "get_name_without_hash",
        "get_static_file",
        "get_static_url",
        "is_compressed_variant",
        "path_is_child_of",
        "process_request",
        "process_response",
        "redirect",
        "serve",
        "update_files_dictionary",
        "url_is_canonical",
    }
)
STORING: Final = frozenset(
    {
        "compress_files",
        "create_compressor",
        "delete_files",
        "keep_only_hashed_files",
        "make_helpful_exception",
        "post_process_with_compression",
    }
)
COMPRESSING: Final = frozenset(
    {
        "compress_brotli",
        "compress_gzip",
        "get_extension_re",
        "is_compressed_effectively",
        "write_data",
    }
)


def warn_of_dead(cls: type, hooks: frozenset[str]) -> None:
    """Warn of those of `hooks` that a subclass overrides: that it does is not to die silently."""
    dead = sorted(hooks & vars(cls).keys())
    if dead:
        warnings.warn(
            f"{cls.__module__}.{cls.__qualname__} overrides {', '.join(dead)}, which does nothing: "
            "no page of WhiteNoise's documentation names it, and Hiss never calls it. "
            "docs/migrate.md says what to do.",
            stacklevel=3,
        )
