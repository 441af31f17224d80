"""The system checks, as `manage.py check` runs them, and the same words in a server's log."""

import logging

import pytest
from django.core.checks import run_checks

from hiss.django.names import ALIASES

# Cyrillic letters that look Latin.
EN, OH = "\u041d", "\u041e"


def found():
    """What the checks say: the id, the message and the hint of each."""
    messages = run_checks(tags=["staticfiles"])
    return [(each.id, each.msg, each.hint) for each in messages if each.id.startswith("hiss.")]


def test_good_settings_pass(configure):
    """A project that is set up well hears nothing."""
    configure(HISS={"MAX_AGE": 5, "CACHE_MAX_AGE": 6})
    assert found() == []


def test_what_is_honoured_of_whitenoises_is_listed(configure):
    """Who migrates sees which old settings are still at work, and where they belong."""
    configure(HISS={"MAX_AGE": 5}, WHITENOISE_ROOT="/srv", WHITENOISE_MAX_AGE=7)
    message = "Honoured where HISS says nothing: WHITENOISE_MAX_AGE, WHITENOISE_ROOT."
    assert found() == [("hiss.I001", message, "Move them into HISS.")]


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_that_is_honoured_is_listed_too(configure, alias):
    """A name of the deployment guides' is as much at work as WhiteNoise's own."""
    configure(**{f"WHITENOISE_{alias}": 7})
    message = f"Honoured where HISS says nothing: WHITENOISE_{alias}."
    assert found() == [("hiss.I001", message, "Move them into HISS.")]


def test_a_wrong_value_is_an_error(configure):
    """What would stop the server is found by the check."""
    configure(HISS={"MISSES": "theirs"})
    [(identity, message, _hint)] = found()
    assert identity == "hiss.E001"
    assert "misses" in message.lower()
    assert "'theirs'" in message


WRONG = [
    ({"HISS": {"MEMORY": "1G"}}, "HISS[\"MEMORY\"] must be a number of bytes, not '1G'."),
    ({"HISS": {"CACHE_MAX_AGE": "1"}}, 'HISS["CACHE_MAX_AGE"] must be a number of seconds, or'),
    ({"WHITENOISE_MAX_AGE": "1"}, "WHITENOISE_MAX_AGE must be a number of seconds, or None"),
    ({"HISS": {"AUTOREFRESH": "yes"}}, 'HISS["AUTOREFRESH"] must be True or False, not'),
    ({"HISS": {"COMPRESSION": {"br": 99}}}, 'HISS["COMPRESSION"]["br"] must be from 0 to 11'),
    ({"HISS": {"COMPRESSION_LEVEL": "best"}}, 'HISS["COMPRESSION_LEVEL"] must be'),
    ({"HISS": {"KEEP_DAYS": "7"}}, 'HISS["KEEP_DAYS"] must be a number of days'),
    ({"HISS": {"KEEP_RELEASES": 0}}, 'HISS["KEEP_RELEASES"] must be a number'),
    ({"HISS": {"MISSING_REFERENCES": []}}, 'HISS["MISSING_REFERENCES"] must be a dict, not []'),
    (
        {"HISS": {"MISSING_REFERENCES": {"own": "no"}}},
        'HISS["MISSING_REFERENCES"]["own"] must be "error"',
    ),
    ({"HISS": {"RELEASE_FILE": 5}}, 'HISS["RELEASE_FILE"] must be the path of a file, not 5.'),
    ({"HISS": {"ROOT": 5}}, 'HISS["ROOT"] must be the path of a folder, not 5.'),
    ({"HISS": {"SKIP_COMPRESS_EXTENSIONS": "jpg"}}, 'HISS["SKIP_COMPRESS_EXTENSIONS"] must be a'),
    ({"HISS": {"STATIC_PREFIX": "https://a/"}}, 'HISS["STATIC_PREFIX"] must be a URL path, not'),
    ({"STATIC_ROOT": 5}, "STATIC_ROOT must be the path of a folder, not 5."),
]


@pytest.mark.parametrize(("settings", "message"), WRONG, ids=lambda each: str(each)[:40])
def test_a_wrong_value_is_told_by_the_name_that_it_has(configure, settings, message):
    """The key as the settings have it, what it takes and what it is; and what to do."""
    configure(**settings)
    [(identity, said, hint)] = found()
    assert (identity, bool(hint)) == ("hiss.E001", True)
    assert said.startswith(message)


def test_all_wrong_values_are_told_at_once(configure):
    """Each in a finding of its own, whoever would stumble over it first."""
    configure(
        HISS={"MEMORY": "1G", "KEEP_DAYS": "7", "ROOT": 5, "NOSNIFF": "no"},
        WHITENOISE_MAX_AGE="60",
        STATIC_ROOT=5,
    )
    messages = [message.partition(" must")[0] for _, message, _ in found()]
    assert sorted(messages) == [
        *(f'HISS["{key}"]' for key in ("KEEP_DAYS", "MEMORY", "NOSNIFF", "ROOT")),
        "STATIC_ROOT",
        "WHITENOISE_MAX_AGE",
    ]


def test_hiss_that_is_no_dict_is_an_error(configure):
    """HISS of another type is one error, and the check itself does not fail."""
    configure(HISS=["MAX_AGE"])
    [(identity, message, _hint)] = found()
    assert (identity, "HISS must be a dict" in message) == ("hiss.E001", True)


MISNAMED = [
    ({"HISS": {"MAXAGE": 5}}, 'HISS["MAXAGE"] does nothing.', 'Did you mean HISS["MAX_AGE"]?'),
    ({"HISS": {"XYZZY": 5}}, 'HISS["XYZZY"] does nothing.', None),
    (
        {"WHITENOISE_MAXAGE": 5},
        "WHITENOISE_MAXAGE does nothing.",
        "Did you mean WHITENOISE_MAX_AGE?",
    ),
    ({"WHITENOISE_COMPRESS_OFFLINE": True}, "WHITENOISE_COMPRESS_OFFLINE does nothing.", None),
    (
        {f"{EN}ISS": {}},
        f"{EN}ISS does nothing: letter 1 is CYRILLIC CAPITAL LETTER EN.",
        "Did you mean HISS?",
    ),
    (
        {f"WHITE{EN}{OH}ISE_MAX_AGE": 5},
        f"WHITE{EN}{OH}ISE_MAX_AGE does nothing: letter 6 is CYRILLIC CAPITAL LETTER EN, "
        "letter 7 is CYRILLIC CAPITAL LETTER O.",
        "Did you mean WHITENOISE_MAX_AGE?",
    ),
]
WORDS = pytest.mark.parametrize(
    ("settings", "message", "hint"), MISNAMED, ids=lambda each: ascii(each)[:24]
)


@WORDS
def test_a_name_that_does_nothing_is_a_warning(configure, settings, message, hint):
    """A misspelling is reported with the name that was meant (pain 9: silently ignored)."""
    configure(**settings)
    assert found() == [("hiss.W001", message, hint)]


@WORDS
def test_a_name_that_does_nothing_is_logged_at_start(
    either, make_tree, caplog, settings, message, hint
):
    """Who never runs the checks reads it in the server's log, once."""
    root = make_tree({"app.css": "a{}"})
    with caplog.at_level(logging.WARNING, "hiss"):
        either.open(STATIC_ROOT=root, **settings)
    meant = f" (meant: {hint.removeprefix('Did you mean ').rstrip('?')}?)" if hint else ""
    assert [record.getMessage() for record in caplog.records] == [message.rstrip(".") + meant]


def test_all_problems_are_told_at_once(configure):
    """One run names them all."""
    configure(HISS={"MAX_AGE": "60", "ROOTS": ""}, WHITENOISE_AUTO="", WHITENOISE_MAXAGE=5)
    assert [identity for identity, _, _ in found()] == ["hiss.E001", *["hiss.W001"] * 3]


def test_what_only_a_server_needs_stops_no_other_command(configure, monkeypatch, tmp_path):
    """`check`, and with it `migrate`, `test` and `runserver`, goes on where a release is pinned
    that is not here, and where STATIC_ROOT is not set.
    """
    monkeypatch.setenv("HISS_RELEASE", "gone")
    configure(STATIC_ROOT=tmp_path / "nowhere")
    assert [each.id for each in run_checks() if each.id.startswith("hiss.")] == []
    configure(STATIC_ROOT=None)
    assert [each.id for each in run_checks() if each.id.startswith("hiss.")] == []


OURS, THEIRS = "hiss.django", "django.contrib.staticfiles"
ORDERS = [
    ([OURS, THEIRS], False),
    ([THEIRS, OURS], True),
    ([f"{OURS}.apps.HissConfig", THEIRS], False),
    ([f"{THEIRS}.apps.StaticFilesConfig", OURS], True),
    ([OURS], False),
]


@pytest.mark.parametrize(("apps", "warned"), ORDERS, ids=str)
def test_the_order_of_apps_is_checked(configure, apps, warned):
    """Behind Django's staticfiles, Hiss's `runserver` would never run."""
    configure(INSTALLED_APPS=apps)
    assert [identity for identity, _, _ in found()] == (["hiss.W002"] if warned else [])


HISS_MIDDLEWARE, SECURITY = (
    "hiss.django.middleware.HissMiddleware",
    "django.middleware.security.SecurityMiddleware",
)
GZIP, CONDITIONAL, COMMON = (
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
)
STACKS = [
    ([SECURITY, HISS_MIDDLEWARE, GZIP, CONDITIONAL], []),
    ([SECURITY, GZIP], []),
    ([SECURITY, GZIP, HISS_MIDDLEWARE, CONDITIONAL], [GZIP]),
    ([GZIP, COMMON, HISS_MIDDLEWARE], [GZIP, COMMON]),
    ([CONDITIONAL, HISS_MIDDLEWARE], []),
]


@pytest.mark.parametrize(("middleware", "named"), STACKS, ids=lambda each: str(len(each)))
def test_the_order_of_middleware_is_checked(configure, middleware, named):
    """What changes answers is for pages: before Hiss, it changes files too."""
    configure(MIDDLEWARE=middleware)
    messages = found()
    assert [identity for identity, _, _ in messages] == (["hiss.W003"] if named else [])
    assert all(message.startswith(f"{', '.join(named)} comes") for _, message, _ in messages)


@pytest.mark.parametrize("outer", [GZIP, COMMON])
def test_what_changes_answers_comes_after_us(configure, outer):
    """A middleware that changes files is named where it is before Hiss's."""
    configure(MIDDLEWARE=[HISS_MIDDLEWARE, outer])
    assert found() == []
    configure(MIDDLEWARE=[outer, HISS_MIDDLEWARE])
    [(name, message, hint)] = found()
    assert name == "hiss.W003"
    assert outer in message
    assert "right after SecurityMiddleware" in hint


def test_a_key_outside_the_dict_is_named(configure):
    """HISS_MAX_AGE, which people write who come from WHITENOISE_MAX_AGE, does nothing."""
    configure(HISS_MAX_AGE=5)
    assert [(name, hint) for name, _, hint in found()] == [
        ("hiss.W001", 'Did you mean HISS["MAX_AGE"]?')
    ]
