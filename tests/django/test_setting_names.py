"""The names of settings: a wrong one is told from a right one, and the right one is named."""

import pytest

from hiss.django.names import ALIASES, KEYS, Misnamed, misnamed_keys, misnamed_settings

# Letters of other alphabets, by escapes: in a table of look-alikes, what one sees proves nothing.
EN, OH, IE, KAPPA = "\N{CYRILLIC CAPITAL LETTER EN}", "\u041e", "\u0415", "\u039a"


@pytest.mark.parametrize("key", [*KEYS, *ALIASES])
def test_known_names_are_not_reported(key):
    """Every key and every alias is a name, in the dict and behind WhiteNoise's prefix."""
    assert list(misnamed_keys([key])) == []
    assert list(misnamed_settings([f"WHITENOISE_{key}", "HISS"])) == []


KEY_CASES = [
    ("MAXAGE", "MAX_AGE"),
    ("MAX_AGES", "MAX_AGE"),
    ("max_age", "MAX_AGE"),
    ("CACHE_MAXAGE", "CACHE_MAX_AGE"),
    ("COMPRESION", "COMPRESSION"),
    ("ROOTS", "ROOT"),
    ("WHITENOISE_MAX_AGE", "MAX_AGE"),
    ("WHITENOISE_MAXAGE", "MAX_AGE"),
    ("XYZZY", ""),
    (7, ""),
]


@pytest.mark.parametrize(("key", "meant"), KEY_CASES)
def test_a_misspelt_key_names_the_one_that_was_meant(key, meant):
    """The nearest key is offered, as it is written; where none is near, none is."""
    [found] = misnamed_keys([key])
    assert found.name == f'HISS["{key}"]'
    assert found.meant == (f'HISS["{meant}"]' if meant else "")
    assert str(found) == f'HISS["{key}"] does nothing'


SETTING_CASES = [
    ("WHITENOISE_MAXAGE", "WHITENOISE_MAX_AGE"),
    ("WHITENOISE_USE_FINDER", "WHITENOISE_USE_FINDERS"),
    ("WHITENOISE_CACHE_MAX_AGES", "WHITENOISE_CACHE_MAX_AGE"),
    ("WHITENOISE_", ""),
    ("WHITENOIZE_MAX_AGE", "WHITENOISE_MAX_AGE"),
    ("WHITNOISE_MAX_AGE", "WHITENOISE_MAX_AGE"),
    ("WHITENOISEMAX_AGE", "WHITENOISE_MAX_AGE"),
    ("HISS_MAX_AGE", 'HISS["MAX_AGE"]'),
    ("HISS_CACHE_DIR", 'HISS["CACHE_DIR"]'),
]


@pytest.mark.parametrize(("name", "meant"), SETTING_CASES)
def test_a_misspelt_setting_names_the_one_that_was_meant(name, meant):
    """A setting with WhiteNoise's prefix that there is none of is told, with the nearest."""
    [found] = misnamed_settings([name])
    assert found.name == name
    assert not meant or found.meant == meant
    assert found.look_alikes == ()


@pytest.mark.parametrize(
    "name",
    [
        *("DEBUG", "STATIC_URL", "HISSES", "WHITE_NOISE", "WHITELIST", "WHITEBOARD_ROOT"),
        *("ROOT", "CHARSET", "MAX_AGE", "CACHE_DIR"),
    ],
)
def test_settings_of_others_are_left_alone(name):
    """What is no setting of Hiss's or WhiteNoise's is no business of the check."""
    assert list(misnamed_settings([name])) == []


LOOK_ALIKE_CASES = [
    (f"WHIT{IE}NOISE_MAX_AGE", "WHITENOISE_MAX_AGE", ["letter 5 is CYRILLIC CAPITAL LETTER IE"]),
    (
        f"WHITE{EN}{OH}ISE_MAX_AGE",
        "WHITENOISE_MAX_AGE",
        ["letter 6 is CYRILLIC CAPITAL LETTER EN", "letter 7 is CYRILLIC CAPITAL LETTER O"],
    ),
    (
        f"WHITEN{OH}ISE_MAX_AGE",
        "WHITENOISE_MAX_AGE",
        ["letter 7 is CYRILLIC CAPITAL LETTER O"],
    ),
    (
        f"WHITEN{OH}ISE_MAXAG{IE}",
        "WHITENOISE_MAX_AGE",
        ["letter 7 is CYRILLIC CAPITAL LETTER O", "letter 17 is CYRILLIC CAPITAL LETTER IE"],
    ),
    (
        f"WHITENOISE_S{KAPPA}IP_COMPRESS_EXTENSIONS",
        "WHITENOISE_SKIP_COMPRESS_EXTENSIONS",
        ["letter 13 is GREEK CAPITAL LETTER KAPPA"],
    ),
    (f"{EN}ISS", "HISS", ["letter 1 is CYRILLIC CAPITAL LETTER EN"]),
]


@pytest.mark.parametrize(("name", "meant", "letters"), LOOK_ALIKE_CASES, ids=ascii)
def test_letters_of_other_alphabets_are_seen_through(name, meant, letters):
    """A name copied from a guide, with letters that only look Latin, is told letter by letter."""
    assert list(misnamed_settings([name])) == [Misnamed(name, meant, tuple(letters))]
    assert str(Misnamed(name, meant, tuple(letters))).endswith(", ".join(letters))


def test_look_alikes_in_a_key_are_seen_through():
    """The same goes for the keys of the dict."""
    [found] = misnamed_keys([f"MAX_AG{IE}"])
    assert found.meant == 'HISS["MAX_AGE"]'
    assert found.look_alikes == ("letter 7 is CYRILLIC CAPITAL LETTER IE",)
