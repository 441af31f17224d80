"""The order of naming: circles found, and everything after what it names."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiss.build.graph import components

GRAPHS = [
    ({}, []),
    ({"a": []}, [("a",)]),
    ({"a": ["a"]}, [("a",)]),
    ({"b": [], "a": []}, [("a",), ("b",)]),
    ({"a": ["b"], "b": []}, [("b",), ("a",)]),
    ({"a": ["b"], "b": ["a"]}, [("a", "b")]),
    ({"c": ["b"], "b": ["a"], "a": ["c"], "d": ["a"]}, [("a", "b", "c"), ("d",)]),
    ({"a": ["b", "b", "b"], "b": []}, [("b",), ("a",)]),
    ({"a": ["not a key"]}, [("not a key",), ("a",)]),
    # Two circles, one of which names the other.
    (
        {"a": ["b"], "b": ["a", "c"], "c": ["d"], "d": ["c"]},
        [("c", "d"), ("a", "b")],
    ),
    # A circle that is entered at two places.
    ({"a": ["b", "c"], "b": ["c"], "c": ["b"]}, [("b", "c"), ("a",)]),
]


@pytest.mark.parametrize(("graph", "expected"), GRAPHS)
def test_components(graph, expected):
    """Circles come out together, in the order of names; what is named comes first."""
    assert components(graph) == expected


def test_a_long_chain_and_a_long_circle():
    """A hundred thousand files in a row are no recursion."""
    names = [f"{number:06}" for number in range(100_000)]
    chain = {name: [after] for name, after in itertools.pairwise(names)}
    assert components(chain) == [(name,) for name in reversed(names)]
    assert components({**chain, names[-1]: [names[0]]}) == [tuple(names)]


GRAPH = st.integers(1, 8).flatmap(
    lambda size: st.dictionaries(
        st.sampled_from("abcdefgh"[:size]),
        st.lists(st.sampled_from("abcdefgh"[:size]), max_size=size),
    )
)


def reachable(graph):
    """Node to all that can be reached from it in a step or more, by trying all there is."""
    nodes = set(graph).union(*graph.values())
    reached = {node: set(graph.get(node, ())) for node in nodes}
    for _ in nodes:
        for targets in reached.values():
            targets.update(*(reached[target] for target in list(targets)))
    return reached


@given(GRAPH, st.randoms(use_true_random=False))
def test_components_are_those_of_brute_force(graph, random):
    """The same circles as trying all ways gives, each after what it names, in any dict's order."""
    reached = reachable(graph)
    found = components(graph)
    place = {node: number for number, component in enumerate(found) for node in component}
    assert sorted(place) == sorted(reached)
    assert sum(map(len, found)) == len(reached)
    for one, other in itertools.combinations(sorted(reached), 2):
        together = one in reached[other] and other in reached[one]
        assert (place[one] == place[other]) == together
    for node, targets in graph.items():
        assert all(place[target] <= place[node] for target in targets)
    shuffled = random.sample(sorted(graph), len(graph))
    assert (
        components({key: random.sample(graph[key], len(graph[key])) for key in shuffled}) == found
    )
