"""The names that settings have: ours, Django's, and those of what Hiss takes the place of."""

from __future__ import annotations

from typing import Final

APP: Final = "hiss.django"
MIDDLEWARE: Final = "hiss.django.middleware.HissMiddleware"
STORAGE: Final = "hiss.django.storage.CompressedManifestStaticFilesStorage"
PLAIN_STORAGE: Final = "hiss.django.storage.CompressedStaticFilesStorage"

STATICFILES: Final = "django.contrib.staticfiles"
SECURITY: Final = "django.middleware.security.SecurityMiddleware"
FILE_STORAGE: Final = "django.core.files.storage.FileSystemStorage"

#: Django's own storages, in the place of which ours goes.
DJANGO_STORAGES: Final = frozenset(
    {
        "django.contrib.staticfiles.storage.StaticFilesStorage",
        "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    }
)

#: Middleware that changes answers in ways that are wrong for files: ours must come before.
MUST_FOLLOW: Final = frozenset(
    {
        "django.middleware.cache.UpdateCacheMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
    }
)

#: The packages whose place Hiss takes.
FORMER: Final = ("whitenoise", "servestatic")

#: Dotted names of theirs, and what stands for each.
DOTTED: Final = {
    "whitenoise.middleware.WhiteNoiseMiddleware": MIDDLEWARE,
    "whitenoise.storage.CompressedManifestStaticFilesStorage": STORAGE,
    "whitenoise.storage.CompressedStaticFilesStorage": PLAIN_STORAGE,
    "whitenoise.django.GzipManifestStaticFilesStorage": STORAGE,
    "whitenoise.django.GzipStaticFilesStorage": PLAIN_STORAGE,
    "whitenoise.runserver_nostatic": APP,
    "servestatic.middleware.ServeStaticMiddleware": MIDDLEWARE,
    "servestatic.storage.CompressedManifestStaticFilesStorage": STORAGE,
    "servestatic.storage.CompressedStaticFilesStorage": PLAIN_STORAGE,
    "servestatic.runserver_nostatic": APP,
    "servestatic.runserver_nostatic.apps.ServeStaticRunserverNoStaticAliasConfig": APP,
    "servestatic.apps.ServeStaticConfig": APP,
    "servestatic": APP,
}

#: Settings of WhiteNoise's that are keys of HISS, and what each is there. ServeStatic has them too.
KEYS: Final = {
    **{
        key: key
        for key in (
            "ADD_HEADERS_FUNCTION",
            "ALLOW_ALL_ORIGINS",
            "AUTOREFRESH",
            "CHARSET",
            "IMMUTABLE_FILE_TEST",
            "INDEX_FILE",
            "KEEP_ONLY_HASHED_FILES",
            "MANIFEST_STRICT",
            "MAX_AGE",
            "MIMETYPES",
            "ROOT",
            "SKIP_COMPRESS_EXTENSIONS",
            "STATIC_PREFIX",
            "USE_FINDERS",
        )
    },
    "CACHE_MAX_AGE": "MAX_AGE",
}

#: Settings of theirs that have no counterpart, and why none is needed.
NO_COUNTERPART: Final = {
    "ALLOW_UNSAFE_SYMLINKS": "Hiss serves no link that leads out of the folder",
    "MINIFY": "Hiss publishes the bytes that it was given; minify before collectstatic",
    "USE_BROTLI": 'HISS["COMPRESSION"] says which codings are made: {"br": False} switches one off',
    "USE_GZIP": 'HISS["COMPRESSION"] says which codings are made: {"gzip": False} switches one off',
    "USE_MANIFEST": "the manifest is always used where there is one",
    "USE_STATIC_ROOT": "STATIC_ROOT is always served",
    "USE_ZSTD": 'HISS["COMPRESSION"] says which codings are made: {"zstd": False} switches one off',
    "ZSTD_DICTIONARY": "clients that lack the dictionary could not read such files",
    "ZSTD_DICTIONARY_IS_RAW": "clients that lack the dictionary could not read such files",
    "ZSTD_LEVEL": 'HISS["COMPRESSION"] = {"zstd": 19} is the level',
}
