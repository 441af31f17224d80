"""Negotiation: nobody gets a coding that they refused."""

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from hiss.http.encoding import IDENTITY, parse_accept_encoding

CODINGS = ["br", "gzip", "zstd", "identity"]
OFFERS = st.permutations(CODINGS).flatmap(
    lambda order: st.sets(st.sampled_from(order)).map(
        lambda kept: tuple(each for each in order if each in kept or each == IDENTITY)
    )
)
NAMES = st.sampled_from([*CODINGS, "*", "deflate", "not-gzip"])
CASED = NAMES.flatmap(lambda name: st.sampled_from([name, name.upper(), name.title()]))
THOUSANDTHS = st.integers(0, 1000)
WEIGHTS = st.none() | THOUSANDTHS | st.sampled_from([0, 0, 1000])
SPACE = st.sampled_from(["", " ", "\t", "  "])


@st.composite
def well_formed(draw):
    """A value of the grammar that names each coding once, and what it says of each."""
    names = draw(st.lists(CASED, unique_by=str.lower, max_size=6))
    weights = {name: draw(WEIGHTS) for name in names}
    elements = [
        draw(SPACE) + name + (
            "" if weight is None
            else f"{draw(SPACE)};{draw(SPACE)}{draw(st.sampled_from('qQ'))}={weight / 1000:.3f}"
        )
        + draw(SPACE)
        for name, weight in weights.items()
    ]  # fmt: skip
    said = {name.lower(): 1000 if w is None else w for name, w in weights.items()}
    return ",".join(elements), said


def quality(said, coding):
    """What RFC 9110 makes of what was said, in thousandths; a little for unnamed identity."""
    if coding in said:
        return said[coding]
    return said.get("*", 0.5 if coding == IDENTITY else 0)


@given(value=well_formed(), offer=OFFERS)
def test_the_choice_is_the_best_of_what_is_acceptable(value, offer):
    """The first of the offer with the highest quality is taken; identity where none has any."""
    text, said = value
    chosen = offer[parse_accept_encoding(text).choose(offer)]
    best = max(quality(said, coding) for coding in offer)
    if best == 0:
        assert chosen == IDENTITY
    else:
        assert chosen == next(each for each in offer if quality(said, each) == best)


@given(value=well_formed())
def test_werkzeug_agrees_on_qualities(value):
    """Werkzeug reads the same qualities, but for identity that nobody named."""
    text, said = value
    theirs = parse_accept_header(text.replace("Q=", "q="), Accept)
    ours = parse_accept_encoding(text)
    for coding in CODINGS:
        if coding != IDENTITY or said.keys() & {IDENTITY, "*"}:
            assert ours.quality(coding) == theirs.quality(coding)


JUNK = st.text("gzipbr*;=q01.5, \t-x@\xff", max_size=40) | st.lists(
    st.sampled_from(
        ["gzip", "br", "zstd", "identity", "*", ";q=0", ";q=0.5", ";q=2", ",", " ", ";"]
    ),
    max_size=12,
).map("".join)


@given(value=st.none() | JUNK | st.binary().map(lambda raw: raw.decode("latin-1")), offer=OFFERS)
def test_any_value_gets_what_it_accepts_or_identity(value, offer):
    """Whatever the field holds, the choice is one with a quality, or identity."""
    accept = parse_accept_encoding(value)
    chosen = offer[accept.choose(offer)]
    assert chosen == IDENTITY or accept.quality(chosen) > 0
    assert all(0 <= accept.quality(coding) <= 1 for coding in CODINGS)


@given(value=JUNK, coding=st.sampled_from(["br", "gzip", "zstd"]), offer=OFFERS)
def test_a_refusal_holds_whatever_stands_around_it(value, coding, offer):
    """A coding with q=0 is never sent, whatever else the client says, also of that coding."""
    for text in (f"{value}, {coding};q=0", f"{coding};q=0.000 , {value}"):
        assert offer[parse_accept_encoding(text).choose(offer)] != coding
