"""`hiss init` on settings as people write them."""

import ast

import pytest

from setup.styles import STYLES

HISS = "hiss.django.middleware.HissMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"


@pytest.mark.parametrize("name", STYLES)
def test_style(make_project, changed, name):
    """The expected lines, and no byte else, change; the result imports and passes the checks; a
    second run changes nothing, and says so."""
    style = STYLES[name]
    data = style.text.encode(style.encoding)
    project = make_project({style.path: data, **style.files})
    shown = project.init()
    assert shown.code == 0, shown.said
    assert (project / style.path).read_bytes() == data
    done = project.init("--apply")
    assert done.code == 0, done.said
    after = (project / style.path).read_bytes()
    assert changed(data, after) == style.changed
    ast.parse(after)

    found = project.try_it(style.module)
    assert found["problems"] == []
    apps, order = found["apps"], found["middleware"]
    theirs = next(each for each in apps if each.startswith("django.contrib.staticfiles"))
    assert apps.index("hiss.django") == apps.index(theirs) - 1
    before = order.index(SECURITY) + 1 if SECURITY in order else 0
    inserted = order[before] == "django.middleware.locale.LocaleMiddleware"
    assert order.index(HISS) == before + inserted
    assert found["storages"]["staticfiles"]["BACKEND"].startswith("hiss.")
    assert "default" in found["storages"]
    assert found["static_root"].startswith(str(project.folder))

    tree = project.tree()
    again = project.init("--apply")
    assert (again.code, again.out) == (0, "nothing to do: all is set up\n")
    assert project.tree() == tree
