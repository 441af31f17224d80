"""The steps of a deploy as values."""

from hiss.release.deploy.config import parse_deploy
from hiss.release.deploy.plan import plan_deploy

TABLE = {
    "root": "static",
    "build": "make static",
    "restart": "systemctl restart shop",
    "url": "http://127.0.0.1:8000/",
}


def plan_of(before, **table):
    """The plan's steps, each as its name and its words, and those of the way back."""
    plan = plan_deploy(parse_deploy({**TABLE, **table}, "/srv"), before)
    return [each[:2] for each in plan.steps], [each[:2] for each in plan.way_back]


def test_first():
    """Where nothing is in force there is nothing to go back to."""
    steps, back = plan_of("", settle=1)
    assert steps == [
        ("build", "HISS_HOLD=1 make static"),
        ("switch", "put the release that was built in force in /srv/static"),
        ("restart", "systemctl restart shop"),
        ("answer", "http://127.0.0.1:8000/static/hiss.json names the new release, within 60 s"),
        ("pages", "/: all are 200, and what they need of http://127.0.0.1:8000/static/"),
    ]
    assert back == []


def test_all():
    """Each check is a step; on the way back the former code comes before the restart."""
    steps, back = plan_of("5f2a", check=["one", "two"], undo="git checkout v1", pages=["/", "/a"])
    assert steps[:2] == [("check", "one"), ("check", "two")]
    assert steps[3][1].endswith("in /srv/static in the place of 5f2a")
    assert steps[-1][1].startswith("/, /a: ")
    assert back == [
        ("back", "put release 5f2a back in force"),
        ("undo", "git checkout v1"),
        ("restart", "systemctl restart shop"),
        (
            "answer",
            "http://127.0.0.1:8000/static/hiss.json names 5f2a, 5 times in a row, within 60 s",
        ),
    ]
    assert [name for name, _ in plan_of("5f2a")[1]] == ["back", "restart", "answer"]
