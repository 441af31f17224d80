"""Whose a file is: an installed package's or the project's own."""

import pytest

from hiss.build.source import owner_of

CASES = [
    ("/srv/app/static/a.css", ""),
    ("/venv/lib/python3.11/site-packages/django/contrib/admin/static/a.css", "django"),
    ("/usr/lib/python3/dist-packages/rest_framework/static/a.css", "rest_framework"),
    (r"C:\venv\Lib\site-packages\wagtail\static\a.css", "wagtail"),
    ("/srv/app/node_modules/bootstrap/dist/a.css", "bootstrap"),
    (
        "/srv/app/node_modules/@fortawesome/fontawesome-free/css/a.css",
        "@fortawesome/fontawesome-free",
    ),
    ("/venv/lib/site-packages/nicegui/node_modules/vue/a.js", "vue"),
    ("/srv/site-packages-old/x/a.css", ""),
]


@pytest.mark.parametrize(("path", "owner"), CASES)
def test_owner_of(path, owner):
    """The folder in site-packages, Debian's dist-packages or node_modules: the innermost."""
    assert owner_of(path) == owner


def test_the_owner_is_where_a_link_leads(tmp_path):
    """A package that is linked into the project is still the package's."""
    package = tmp_path / "site-packages/widgets"
    package.mkdir(parents=True)
    (package / "a.css").write_text("")
    (tmp_path / "static").symlink_to(package)
    assert owner_of(str(tmp_path / "static/a.css")) == "widgets"
