"""What a terminal is sent: no line wider than it is, names as they are, nothing that moves its cursor."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from rich.cells import cell_len
from rich.console import Group
from tests.support.places import DATA, SOURCES
from typer.testing import CliRunner

from lossary.choosing.scheduling.progress import Progress
from lossary.choosing.scheduling.store import FOLDER
from lossary.cli import choose
from lossary.cli.console import Terminal
from lossary.cli.grid import grid
from lossary.cli.main import app
from lossary.cli.progress_line import ProgressLine
from lossary.cli.visible import JOINERS, visible
from lossary.evaluate.page import predicts
from lossary.evaluate.registry import catalogue

ENGEL = DATA / "engel.csv"
WIDTHS = (80, 40)
LONG = "ж" * 120
NAMES = (
    "[/x]", "[bold]", ":tada:", "\x1b[31m", "\x9b2J", "new\nline", "com,ma", "👩‍🔬🎉", "שלום", "\u202eevil", "ta\tb",
    LONG,
)  # fmt: skip
TARGET = "[/y]\x1b[2J"


def sent(width: int, *arguments: object) -> str:
    """What a command that succeeds prints, stdout and stderr."""
    result = CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": str(width)}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    draw = np.random.default_rng(0)
    features = draw.normal(size=(60, len(NAMES)))
    columns = dict(zip(NAMES, features.T, strict=True))
    path = tmp_path_factory.mktemp("hostile") / "table.parquet"
    pl.DataFrame(columns | {TARGET: features.sum(axis=1) + draw.normal(size=60)}).write_parquet(path)
    return path


def wide_lines(printed: str, width: int) -> list[str]:
    return [line for line in printed.splitlines() if cell_len(line) > width]


def unsafe(printed: str) -> set[str]:
    return {c for c in printed if not (c.isprintable() or c in JOINERS or c == "\n")}


def fits_asked(file) -> list[tuple[object, ...]]:
    losses = ("--loss", "squared_error", "--loss", "absolute_error", "--loss", "huber")
    return [
        ("compare", file, "--target", TARGET, *losses),
        ("fit", file, "--target", TARGET),
        ("fit", file, "--target", TARGET, "--model", "boosting", "--folds", 2),
        *(("compare", file, "--target", TARGET, "--feature", name, *losses[:2]) for name in NAMES),
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_fits_of_columns_of_any_name_are_shown(hostile, width):
    for asked in fits_asked(hostile):
        printed = sent(width, *asked)
        assert not wide_lines(printed, width)
        assert not unsafe(printed)
        assert visible(TARGET) in printed
        names = [asked[5]] if "--feature" in asked else NAMES
        for name in names:
            if name != LONG:
                assert visible(name) in printed, name
        if LONG in names:
            assert printed.count("ж") >= len(LONG)
            assert printed.count("ж") % len(LONG) == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_a_choice_of_columns_of_any_name_is_shown(hostile, tmp_path, width):
    asked = ("choose", hostile, "--target", TARGET, "--models", "linear", "--folds", 2, "--repeats", 1)
    how = ("--inspect",) if width == 80 else ("--out", tmp_path / "out")
    printed = sent(width, *asked, *how)
    results = [line for line in printed.splitlines() if str(tmp_path) not in line]  # a path is not broken
    assert not wide_lines("\n".join(results), width)
    assert not unsafe(printed)
    assert visible(TARGET) in printed


def test_classes_of_any_name_are_shown(tmp_path):
    x = np.random.default_rng(2).normal(size=80)
    path = tmp_path / "classes.parquet"
    pl.DataFrame({"x": x, "y": np.where(x > 0.0, "[/a]\x1b[31m", "[b]\u202e")}).write_parquet(path)
    for width in WIDTHS:
        printed = sent(width, "choose", path, "--target", "y", "--models", "linear", "--inspect")
        assert not wide_lines(printed, width)
        assert not unsafe(printed)
        assert "[/a]␛[31m" in printed
        assert "[b]\N{REPLACEMENT CHARACTER}" in printed


def test_eval_shows_columns_of_any_name(hostile):
    for width in WIDTHS:
        asked = ("eval", hostile, "--target", TARGET, "--prediction", "[/x]", "--loss", "huber")
        printed = sent(width, *asked, "--missing", "nan")
        assert not wide_lines(printed, width)
        assert not unsafe(printed)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "asked",
    [("list",), ("list", "--long"), ("show", "huber"), ("show", "softmax_cross_entropy"), ("explain",),
     ("explain", "LY021"), ("-h",), *((name, "-h") for name in ("choose", "compare", "eval", "fit", "plot"))],
    ids=" ".join,
)  # fmt: skip
def test_pages_fit_the_terminal(asked, width):
    assert not wide_lines(sent(width, *asked), width)


def test_a_line_that_is_too_wide_would_be_seen():
    assert wide_lines("x" * 41 + "\n" + "x" * 40, 40) == ["x" * 41]
    assert unsafe("a\x1bb\n") == {"\x1b"}


def test_json_is_as_safe_and_says_the_same(hostile):
    printed = sent(80, "fit", hostile, "--target", TARGET, "--json")
    assert not unsafe(printed)
    assert json.loads(printed)["features"] == list(NAMES)


def test_numbers_are_never_cut():
    names = [f"column {i}" for i in range(9)]
    for width in (30, 40, 80):
        console = Terminal(width=width)
        table = grid("row", *names, numeric=names)
        for row in range(3):
            table.add_row(f"a row with a long name, {row}", *(f"{row}{i}.123456789" for i in range(9)))
        with console.capture() as printed:
            console.print(table)
        assert not wide_lines(printed.get(), width)
        assert re.findall(r"\d\d\.\d+", printed.get()).__len__() == 27
        assert all(f"{row}{i}.123456789" in printed.get() for row in range(3) for i in range(9))


def test_columns_of_any_name_are_drawn(tmp_path):
    draw = np.random.default_rng(1)
    for number, name in enumerate(["$\\frac{$", "[/x]\x1b[31m", "👩‍🔬"]):
        x = draw.normal(size=40)
        path = tmp_path / f"{number}.parquet"
        pl.DataFrame({name: x, "$y_$": x + draw.normal(size=40)}).write_parquet(path)
        picture = tmp_path / f"{number}.svg"
        sent(80, "compare", path, "--target", "$y_$", "--loss", "squared_error", "--plot", picture)
        assert "$y_$" in picture.read_text()
        sent(80, "fit", path, "--target", "$y_$", "--trace", picture)
        assert "$y_$" in picture.read_text()


# list: a line a loss


def test_list_is_one_line_a_loss():
    lines = sent(80, "list").splitlines()
    for loss in catalogue():
        (line,) = [line for line in lines if line.split()[:1] == [loss.name]]
        assert line.split(maxsplit=1)[1] == loss.brief


def test_every_loss_is_told_in_a_sentence_of_its_own():
    briefs = [loss.brief for loss in catalogue()]
    assert all(briefs)
    assert len(set(briefs)) == len(briefs)


def test_list_tells_more_if_asked():
    assert "between median and mean" in sent(140, "list", "--long")
    assert "between median and mean" not in sent(140, "list")


def test_what_a_loss_predicts_is_said_in_words_and_not_by_the_name_of_a_rule():
    words = {loss.name: predicts(loss) for loss in catalogue()}
    assert [name for name, said in words.items() if "_" in said or said == name or "beta" in said] == []


# Mistakes


MISTAKES = [
    ("hubr",),
    ("fit",),
    ("fit", "x.csv", "--foo"),
    ("fit", ENGEL, "--target", "foodexp", "--folds", 1),
    ("fit", ENGEL, "--target", "foodexp", "--seed", "many"),
    ("fit", ENGEL, "--target", "[/x]\x1b[31m"),
    ("fit", "no\x1b[2Jfile.csv", "--target", "y"),
    ("cache", "wipe"),
    ("list", "--family", "[/x]"),
    ("plot", "huber", "--range", "-3"),
    ("plot", "huber", "--range", "1,2,3"),
    ("show", "\x1b[31m"),
]


@pytest.mark.parametrize("asked", MISTAKES, ids=lambda asked: ascii(" ".join(map(str, asked[:3]))))
def test_every_mistake_is_one_line(asked):
    result = CliRunner().invoke(app, [str(a) for a in asked], catch_exceptions=False)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("lossary: ")
    assert result.stderr.count("\n") == 1
    assert not unsafe(result.stderr)


def test_without_a_command_there_is_help_and_no_mistake():
    result = CliRunner().invoke(app, [])
    assert (result.exit_code, result.stderr) == (2, "")
    assert "compare" in result.stdout


def test_a_mistake_in_a_command_says_where_help_is():
    assert "lossary fit -h" in CliRunner().invoke(app, ["fit", "--foo"]).stderr


def test_a_folder_in_the_way_is_one_line(tmp_path):
    result = CliRunner().invoke(app, ["fit", str(ENGEL), "--target", "foodexp", "--out", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("lossary: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("given", [["--range", "-3,3"], ["--range", "-3", "3"], ["--range=-3,3"], ["--range", "-3,-1"]])
def test_a_range_may_be_negative_in_either_form(tmp_path, given):
    picture = tmp_path / "curves.svg"
    sent(80, "plot", "huber", "-o", picture, *given)
    assert "−3" in picture.read_text()


# Progress


def drawn(width: int, remark: str = "") -> str:
    console = Terminal(width=width, force_terminal=True)
    bar = ProgressLine(console=console)
    bar.add_task("fits", total=1234, completed=300, remark=remark)
    with console.capture() as printed:
        console.print(Group(*bar.get_renderables()))
    return re.sub(r"\x1b\[[0-9;]*m", "", printed.get()).rstrip("\n")


def test_the_count_is_never_cut():
    for width in WIDTHS:
        line = drawn(width, remark="best so far " + "a long name, " * 20)
        assert "300 of 1,234 fits" in line
        assert cell_len(line) <= width
        assert "\n" not in line


def test_progress_has_the_time_left():
    now = [0.0]
    bar = ProgressLine(console=Terminal(width=40, force_terminal=True), get_time=lambda: now[0])
    task = bar.add_task("fits", total=30, remark="best so far " + "x" * 80)
    for _ in range(10):
        now[0] += 2.0
        bar.advance(task)
    (line,) = bar.get_renderables()
    assert "10 of 30 fits, 0:00:40 left" in line.plain[:40]


def on_a_terminal(width: int, *arguments: object) -> str:
    """What a command sends to a terminal, stdout and stderr."""
    master, slave = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": SOURCES, "COLUMNS": str(width), "TERM": "xterm"}
    command = [sys.executable, "-m", "lossary", *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # how Linux tells that the other end is closed
                break
            if not part:
                break
            seen += part
    os.close(master)
    assert process.returncode == 0, seen
    return seen.decode()


def test_a_run_that_goes_on_says_what_was_found(tmp_path):
    asked = ("choose", ENGEL, "--target", "foodexp", "--want", "mean", "--models", "linear", "--folds", 2)
    asked = (*asked, "--repeats", 1, "--out", tmp_path / "out")
    assert "found" not in sent(80, *asked)
    kept = sorted((tmp_path / "out" / FOLDER).glob("*.npz"))
    for path in kept[1:]:
        path.unlink()
    shown = on_a_terminal(40, *asked)
    assert f"1 of {len(kept)} fits were found in" in shown
    assert f"{len(kept)} of {len(kept)} fits" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


def test_what_was_found_is_told_apart(tmp_path):
    assert "others are made now" in choose._found(Progress(3, 12, found=3), 20, tmp_path)
    assert "nothing to train" in choose._found(Progress(12, 12, found=12), 20, tmp_path)
    assert "20 fits, of other data, another question" in choose._found(Progress(0, 12), 20, tmp_path)
