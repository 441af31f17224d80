"""Progress: a bar for who watches, a line for each stage for who does not."""

import io
import os
import threading
import time

import pytest

from hiss.build.terminal import TerminalProgress, format_size, is_watched


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _nobody_but_us(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize(
    ("stream", "variables", "expected"),
    [
        (Screen, {}, True),
        (io.StringIO, {}, False),
        (Screen, {"TERM": "dumb"}, False),
        (Screen, {"CI": "true"}, False),
        (Screen, {"CI": ""}, False),
    ],
)
def test_is_watched(monkeypatch, stream, variables, expected):
    """By a person at a terminal; by nobody in CI."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_watched(stream()) is expected


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (1234, "1.2 KB"),
        (12_345, "12.3 KB"),
        (123_456, "123 KB"),
        (1_000_000, "1.0 MB"),
        (123_456_789, "123 MB"),
        (1_234_567_890, "1.2 GB"),
        (1_234_567_890_000, "1234.6 GB"),
    ],
)
def test_sizes(size, words):
    """In the unit that leaves the fewest digits, of which a thousand make the next."""
    assert format_size(size) == words


def advanced(stream, *, files=2, size=100, done=(), stage="reading"):
    """What was shown of a stage, and the stage itself, not ended."""
    progress = TerminalProgress(stream)
    progress.begin(stage, files, size)
    for each in done:
        progress.advance(*each)
    return progress, stream.getvalue()


@pytest.mark.parametrize(
    ("done", "line"),
    [
        ([], "reading: 0 files, "),
        ([(10,)], "reading: 1 file, 10 B, "),
        ([(10,), (1990,)], "reading: 2 files, 2.0 KB, "),
        ([(0,)], "reading: 1 file, "),
    ],
)
def test_a_line_for_each_stage(done, line):
    """When it is over, where nobody watches: how many, how large, how long."""
    progress, before = advanced(stream := io.StringIO(), done=done)
    progress.end()
    assert before == ""
    assert stream.getvalue().startswith(line)
    assert stream.getvalue().endswith(" s\n")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def drawn(text):
    """What was last drawn on a terminal's line."""
    return text.rpartition("\r\x1b[2K")[2]


def test_a_bar_where_a_person_watches():
    """Drawn over itself: the share, files, bytes, what was done, what is left."""
    _, text = advanced(Screen(), done=[(25, "br")])
    assert "\n" not in text
    line = drawn(text)
    assert line.startswith("reading ██████░░░░░░░░░░░░░░░░░░  25% · 1/2 files · 25 B · br · ")
    assert line.endswith(" s left")


@pytest.mark.parametrize(
    ("files", "size", "done", "share"),
    [
        (4, 0, [(10,)], " 25%"),
        (0, 0, [(10,)], "100%"),
        (2, 100, [(0,)], "  0%"),
        # A file that grew.
        (2, 100, [(500,)], "100%"),
    ],
)
def test_the_share_that_is_done(files, size, done, share):
    """By bytes where they are known, else by files; never more than all."""
    assert share in drawn(advanced(Screen(), files=files, size=size, done=done)[1])


def test_the_end_of_a_bar():
    """The line takes its place."""
    progress, _ = advanced(stream := Screen(), done=[(100,)])
    progress.end()
    assert drawn(stream.getvalue()).startswith("reading: 1 file, 100 B, ")
    assert stream.getvalue().endswith("\n")


def test_a_narrow_terminal(monkeypatch):
    """A line is never longer than the terminal is wide, so that it can be drawn over."""
    monkeypatch.setenv("COLUMNS", "30")
    _, text = advanced(Screen(), done=[(25, "br")])
    assert len(drawn(text)) == 29


def test_it_is_not_drawn_for_each_file():
    """Ten times a second are enough for any number of files."""
    started = time.monotonic()
    _, text = advanced(Screen(), files=5000, size=5000, done=[(1,)] * 5000)
    assert text.count("\r") <= 2 + 10 * (time.monotonic() - started)


def test_stages_begin_anew():
    """Counts are a stage's own."""
    progress, _ = advanced(stream := io.StringIO(), done=[(10,)])
    progress.end()
    progress.begin("writing", 1, 5)
    progress.advance(5)
    progress.end()
    assert stream.getvalue().splitlines()[1].startswith("writing: 1 file, 5 B, ")


def test_many_threads_are_counted():
    """None gets lost."""
    progress, _ = advanced(stream := Screen(), files=4000, size=4000)
    threads = [
        threading.Thread(target=lambda: [progress.advance(1) for _ in range(1000)]) for _ in "1234"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    progress.end()
    assert "reading: 4000 files, 4.0 KB" in drawn(stream.getvalue())


def test_by_default_it_is_the_standard_error(capsys):
    """Standard output is for what was asked for."""
    assert os.environ["TERM"] == "xterm"
    progress = TerminalProgress()
    progress.begin("reading", 0, 0)
    progress.end()
    assert capsys.readouterr().out == ""
