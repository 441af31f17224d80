"""What other tools have named: read from their manifests, and only what truly holds a hash."""

import json

import pytest
from trees import sources_in, write_tree

from hiss.build.bundles import prehashed_names

# As Vite 5, 6 and 7 write it (https://vite.dev/guide/backend-integration), hashes base64url.
VITE = {
    "logo.svg": {"file": "assets/logo-BuPIv-2h.svg", "src": "logo.svg"},
    "baz.js": {
        "file": "assets/baz-B2H3sXNv.js",
        "name": "baz",
        "src": "baz.js",
        "isDynamicEntry": True,
    },
    "views/bar.js": {
        "file": "assets/bar-gkvgaI9m.js",
        "name": "bar",
        "src": "views/bar.js",
        "isEntry": True,
        "imports": ["_shared-B7PI925R.js"],
        "dynamicImports": ["baz.js"],
    },
    "views/foo.js": {
        "file": "assets/foo-BRBmoGS9.js",
        "name": "foo",
        "src": "views/foo.js",
        "isEntry": True,
        "imports": ["_shared-B7PI925R.js"],
        "css": ["assets/foo-5UjPuW-k.css"],
        "assets": ["assets/inter-_1234567.woff2"],
    },
}
VITE_FILES = {
    "assets/logo-BuPIv-2h.svg",
    "assets/baz-B2H3sXNv.js",
    "assets/bar-gkvgaI9m.js",
    "assets/foo-BRBmoGS9.js",
    "assets/foo-5UjPuW-k.css",
    "assets/inter-_1234567.woff2",
}
# The parts that entries share go by the names they came out under, in the same manifest.
VITE_SHARED = VITE | {
    "_shared-B7PI925R.js": {
        "file": "assets/shared-B7PI925R.js",
        "name": "shared",
        "css": ["assets/shared-ChJ_j-JB.css"],
    },
    "_shared-ChJ_j-JB.css": {
        "file": "assets/shared-ChJ_j-JB.css",
        "src": "_shared-ChJ_j-JB.css",
    },
}
VITE_SHARED_FILES = VITE_FILES | {"assets/shared-B7PI925R.js", "assets/shared-ChJ_j-JB.css"}
# Vite 8, with Rolldown: sheets of an entry are entries of their own, hashes alike.
VITE_8 = {
    "../../src/main.ts": {
        "file": "js/main-DxHn_h1q.js",
        "name": "main",
        "src": "../../src/main.ts",
        "isEntry": True,
        "css": ["css/main-C0-m6bXr.css"],
    },
    "style.css": {
        "file": "css/main-C0-m6bXr.css",
        "names": ["style.css"],
        "src": "style.css",
    },
}
VITE_8_FILES = {"js/main-DxHn_h1q.js", "css/main-C0-m6bXr.css"}
# webpack-manifest-plugin 5, with its `publicPath`; @ is the folder of its output.
WEBPACK = {
    "main.css": "/static/@main.3f9c1d2e4b5a6978ff00.css",
    "main.js": "/static/@main.1a2b3c4d5e6f70819203.js",
    "vendors.js": "/static/@js/vendors~main.4889e940.chunk.js",
    "4889e940.js": "/static/@4889e9401a2b.js",
    "index.html": "/static/@index.html",
}
WEBPACK_FILES = {
    "main.3f9c1d2e4b5a6978ff00.css",
    "main.1a2b3c4d5e6f70819203.js",
    "js/vendors~main.4889e940.chunk.js",
    "4889e9401a2b.js",
}
# create-react-app 5.
REACT = {
    "files": {
        "main.css": "/@static/css/main.f855e6bc.css",
        "main.js": "/@static/js/main.6b4cdbd9.js",
        "static/js/787.05f0e1c4.chunk.js": "/@static/js/787.05f0e1c4.chunk.js",
        "static/media/logo.svg": "/@static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg",
        "index.html": "/@index.html",
        "main.css.map": "/@static/css/main.f855e6bc.css.map",
    },
    "entrypoints": ["static/css/main.f855e6bc.css", "static/js/main.6b4cdbd9.js"],
}
REACT_FILES = {
    "static/css/main.f855e6bc.css",
    "static/js/main.6b4cdbd9.js",
    "static/js/787.05f0e1c4.chunk.js",
    "static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg",
    "static/css/main.f855e6bc.css.map",
}
# webpack-bundle-tracker 1 to 3, and before.
TRACKER = {
    "status": "done",
    "assets": {
        "main-e5a1c2d3b4f56789.js": {
            "name": "main-e5a1c2d3b4f56789.js",
            "path": "/srv/app/static/bundles/main-e5a1c2d3b4f56789.js",
            "publicPath": "https://cdn.example/static/bundles/main-e5a1c2d3b4f56789.js",
        }
    },
    "chunks": {"main": ["main-e5a1c2d3b4f56789.js"]},
}
OLD_TRACKER = {
    "status": "done",
    "chunks": {
        "main": [
            {
                "name": "main-e5a1c2d3b4f56789.js",
                "path": "/srv/app/static/bundles/main-e5a1c2d3b4f56789.js",
            }
        ]
    },
}
PWA = {
    "name": "Shop",
    "short_name": "Shop",
    "start_url": "/static/index.html",
    "display": "standalone",
    "icons": [{"src": "/static/img/icon-192x192.png", "sizes": "192x192", "type": "image/png"}],
    "screenshots": [{"src": "img/wide-12345678.png"}],
    "background_color": "#ffffff",
}


def prehashed(root, files, folder=""):
    """The names that count, of sources of these names and the manifests among them."""
    write_tree(root, {folder + name: content for name, content in files.items()})
    return prehashed_names(sources_in(root))


def with_files(place, manifest, files, folder=""):
    return {place: json.dumps(manifest).replace("@", folder), **dict.fromkeys(files, "x")}


PLAIN = {"robots.txt", "site.js", "assets/site-12345678.js", "index.html"}
CASES = {
    "vite, shared": pytest.param(".vite/manifest.json", VITE_SHARED, VITE_SHARED_FILES),
    "vite": (".vite/manifest.json", VITE, VITE_FILES),
    "vite 4, or manifest: 'manifest.json'": ("manifest.json", VITE, VITE_FILES),
    "vite 8": (".vite/manifest.json", VITE_8, VITE_8_FILES),
    "webpack": ("manifest.json", WEBPACK, WEBPACK_FILES),
    "react": ("asset-manifest.json", REACT, REACT_FILES),
    "tracker": ("webpack-stats.json", TRACKER, {"main-e5a1c2d3b4f56789.js"}),
    "old tracker": ("webpack-stats.json", OLD_TRACKER, {"main-e5a1c2d3b4f56789.js"}),
}


@pytest.mark.parametrize("folder", ["", "dist/", "a/b/dist/"])
@pytest.mark.parametrize(("place", "manifest", "files"), CASES.values(), ids=CASES)
def test_what_a_manifest_names_with_a_hash(tmp_path, place, manifest, files, folder):
    """All that it names, wherever the tool's folder lies; nothing beside it that it does not."""
    found = prehashed(tmp_path, with_files(place, manifest, files | PLAIN, folder), folder)
    assert found == {folder + name for name in files}


def test_a_manifest_in_a_folder_that_is_collected_under_another_name(tmp_path):
    """Logical names go on from where the manifest lies, not from what the folder is called."""
    write_tree(tmp_path / "dist", with_files(".vite/manifest.json", VITE_8, VITE_8_FILES))
    sources = [each._replace(name=f"bundle/{each.name}") for each in sources_in(tmp_path / "dist")]
    assert prehashed_names(sources) == {f"bundle/{name}" for name in VITE_8_FILES}


def test_files_are_found_from_a_public_path(tmp_path):
    """Where the tool was told of a path above, the end of the path is what counts."""
    manifest = {"main.js": "/v1/static/js/main.4889e940.js"}
    assert prehashed(tmp_path, with_files("manifest.json", manifest, {"js/main.4889e940.js"})) == {
        "js/main.4889e940.js"
    }


@pytest.mark.parametrize("url", ["https://cdn.example/", "//cdn.example/", "https://x/v1/static/"])
def test_what_lies_on_another_host(tmp_path, url):
    """Is not ours, whatever it is called."""
    manifest = {"main.js": f"{url}js/main.4889e940.js"}
    files = with_files("manifest.json", manifest, {"js/main.4889e940.js"})
    assert prehashed(tmp_path, files) == set()


def test_a_public_path_that_does_not_say_the_folder(tmp_path):
    """webpack 5 writes "auto/main.js" where it was told no path: the file lies beside."""
    manifest = {"main.js": "auto/main.4889e940.js"}
    files = with_files("manifest.json", manifest, {"main.4889e940.js"})
    assert prehashed(tmp_path, files, "dist/") == {"dist/main.4889e940.js"}


def test_two_tools(tmp_path):
    """Each manifest speaks for its own files."""
    found = prehashed(tmp_path, with_files(".vite/manifest.json", VITE_8, VITE_8_FILES), "a/")
    assert found
    both = prehashed(tmp_path, with_files("manifest.json", WEBPACK, WEBPACK_FILES, "b/"), "b/")
    assert both == found | {f"b/{name}" for name in WEBPACK_FILES}


OTHERS = {
    "an application's": PWA,
    "an empty": {},
    "a list": ["assets/site-12345678.js"],
    "a text": "assets/site-12345678.js",
    "nothing": None,
    "numbers": {"files": 1, "assets": {"a": 2}, "x": {"file": None, "css": [3]}},
    "an extension's": {"manifest_version": 3, "background": {"service_worker": "site.js"}},
}


@pytest.mark.parametrize("manifest", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("place", ["manifest.json", "asset-manifest.json", ".vite/manifest.json"])
def test_somebody_elses_manifest(tmp_path, place, manifest):
    """Many files are called so, and say nothing of bundles."""
    files = PLAIN | {"img/icon-192x192.png", "img/wide-12345678.png"}
    assert prehashed(tmp_path, with_files(place, manifest, files)) == set()


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe{}", b'{"a": "main.4889e940.js"'])
def test_a_damaged_manifest(tmp_path, text):
    """It is as good as none."""
    assert prehashed(tmp_path, {"manifest.json": text, "main.4889e940.js": "x"}) == set()


def test_a_manifest_under_another_name(tmp_path):
    """Names of manifests are known; other JSON is data."""
    assert prehashed(tmp_path, with_files("data.json", VITE_8, VITE_8_FILES)) == set()


def test_what_is_named_and_not_there(tmp_path):
    """A manifest left over from another build makes nothing of nothing."""
    assert prehashed(tmp_path, with_files("manifest.json", WEBPACK, {"index.html"})) == set()


def test_a_manifest_names_nothing_above_its_folder(tmp_path):
    """`../` leads to no source, and is no harm."""
    manifest = {"a": {"file": "../../etc/passwd-12345678.js"}, "b": {"file": "../main.4889e940.js"}}
    files = with_files("dist/manifest.json", manifest, {"main.4889e940.js"})
    assert prehashed(tmp_path, files) == {"main.4889e940.js"}


def outputs(names, plain):
    """A Vite manifest of entries that came out under these names; `plain`: as they were called."""
    return {
        f"src/{name if place in plain else place}": {
            "file": f"assets/{name}",
            "name": name.partition(".")[0] if place in plain else f"entry{place}",
            "isEntry": True,
        }
        for place, name in enumerate(names)
    }


#: What a tool made of sources that were called otherwise, and which of it holds a hash.
HASHES = [
    # A hash may look like a word: where the others do not, it is one.
    (["main-BRBmoGS9.js", "home-C0m6bXrQ.js", "shop-abcdefgh.js"], {0, 1, 2}),
    (["main-BRBmoGS9.js", "home-zyxwvuts.js", "shop-abcdefgh.js"], {0}),
    # A word may be as long as a hash.
    (["main.js", "homepage.js", "settings.css"], set()),
    (["my-component.js", "checkout_page.js", "my-homepage.js"], set()),
    (["app.min.js", "a.js", "jquery-3.7.1.min.js"], set()),
    # Wherever a tool puts it; alone only if it cannot be a word.
    (["4889e940.js", "0a1b2c3d4e5f.css"], {0, 1}),
    (["BRBmoGS9.js", "C0m6bXrQ.js"], set()),
    (["main.4889e940.js", "main~4889e940.min.js", "a_4889e940.css.map"], {0, 1, 2}),
    (["4889e940", "main-4889e940"], set()),
    # Neither shorter nor longer.
    (["main-BRBmoGS.js", "main-BRBmoGS99.js", "main-4889e94.js"], set()),
]
#: What a tool was told not to hash has its plain name, whatever that looks like.
PLAIN_NAMES = [
    (["Dashboard.js", "UserProfile.css"], set()),
    (["jquery-3.7.1.min.js", "bootstrap5.js"], set()),
    (["my-page2.js", "my-Homepage.js", "x-20240101.js"], set()),
    (["bootstrap.js", "my-Homepage.js", "main-BRBmoGS9.js", "home-C0m6bXrQ.js"], {2, 3}),
]


@pytest.mark.parametrize(
    ("names", "expected", "is_plain"),
    [*((*case, False) for case in HASHES), *((*case, True) for case in PLAIN_NAMES)],
)
def test_what_looks_like_a_hash(tmp_path, names, expected, is_plain):
    """A name counts if it holds a hash that its plain name has not, beside others of its tool."""
    plain = {place for place in range(len(names)) if place not in expected} if is_plain else set()
    files = {f"assets/{name}" for name in names}
    found = prehashed(tmp_path, with_files("manifest.json", outputs(names, plain), files))
    assert found == {f"assets/{names[place]}" for place in expected}
