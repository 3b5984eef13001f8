"""``lossary.cache`` and ``lossary cache``: where, how large, cleared, warmed."""

from __future__ import annotations

import json
import sys

import pytest
from typer.testing import CliRunner

import lossary
from lossary.backends.cpu.cache import store
from lossary.cli.main import app


def lines(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["cache", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_warmed_loss_is_not_compiled_again(cache, python):
    first = lossary.cache.warm("squared_error", calls=["cost", "gradient"], dtypes=["float64"])
    assert (first.compiled, first.failed) == (len(list(cache.iterdir())), ())
    again = lossary.cache.warm("squared_error", calls=["cost", "gradient"], dtypes=["float64"])
    assert (again.compiled, again.ready) == (0, 3)
    done = python(
        """
        import sys, lossary
        lossary.squared_error.cost([0.0], [1.0])
        lossary.squared_error.cost([0.0], [1.0], [2.0])
        lossary.squared_error.gradient([0.0], [1.0])
        print("lossary.backends.cpu.arithmetic.compiler" in sys.modules)
        """
    )
    assert done.stdout == "False\n"


def test_what_is_cleared_is_warmed_anew(cache):
    lossary.cache.warm("squared_error", calls=["gradient"], dtypes=["float32", "float64"])
    kept = sorted(cache.iterdir())
    assert lossary.cache.folder() == cache
    assert lossary.cache.count() == len(kept)
    assert lossary.cache.size() == sum(path.stat().st_size for path in kept)
    (cache / "notes.txt").write_text("another's")
    assert lossary.cache.clear() == len(kept)
    assert [path.name for path in cache.iterdir()] == ["notes.txt"]
    assert lossary.cache.warm("squared_error", calls=["gradient"], dtypes=["float32", "float64"]).compiled == len(kept)


@pytest.mark.parametrize("name", ["log_cosh", "softmax_cross_entropy", "cumulative_logit", "kl_target_prediction"])
def test_the_usual_calls_fit_every_kind_of_loss(name, monkeypatch):
    monkeypatch.setattr(store, "kernel", lambda spec, compiler: lambda record, start, stop: None)
    # Other tests may have called the loss so often that it has entries, and this has no machine code to enter.
    monkeypatch.setattr("lossary.backends.cpu.entries.entry.entries", lambda scratch: None)
    # Such a kernel writes and sums nothing, and a mean of nothing is refused.
    calls = ["value", "gradient", "gradient_and_hessian"]
    assert lossary.cache.warm(name, calls=calls).failed == ()


def test_warming_nothing_or_the_unknown_is_refused():
    with pytest.raises(ValueError, match="name the losses"):
        lossary.cache.warm()
    with pytest.raises(ValueError, match="no loss is named 'hubr'"):
        lossary.cache.warm("hubr")
    with pytest.raises(ValueError, match="calls must be of value"):
        lossary.cache.warm("huber", calls=["costs"])


def test_the_command_says_warms_and_clears(cache):
    warmed = ("warm", "squared_error", "--call", "gradient")
    assert "2 kernels compiled, 0 were there" in lines(*warmed)
    assert json.loads(lines("--json")) == {
        "folder": str(cache),
        "why_not": None,
        "kernels": 2,
        "bytes": lossary.cache.size(),
    }
    assert lines("clear") == "2 kernels removed\n"
    assert lines().startswith("0 kernels, 0.0 MB in ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs modes")
def test_the_command_says_why_kernels_are_not_kept(cache):
    cache.chmod(0o777)
    assert "others may write to" in lines()
    assert lossary.cache.folder() is None
    refused = CliRunner().invoke(app, ["cache", "warm", "huber"])
    assert refused.exit_code == 2
    assert "compiled for nothing" in refused.output


def test_what_the_process_has_loaded_is_warmed_too(cache, monkeypatch, tmp_path):
    first = lossary.cache.warm("squared_error", calls=["cost"], dtypes=["float64"])
    monkeypatch.setenv("LOSSARY_CACHE_DIR", str(tmp_path / "other"))
    second = lossary.cache.warm("squared_error", calls=["cost"], dtypes=["float64"])
    assert (second.compiled, second.failed) == (first.compiled, ())
    kept = {path.name for path in (tmp_path / "other").glob("*.kernel")}
    assert kept == {path.name for path in cache.glob("*.kernel")}
    assert any(name.startswith("sum-") for name in kept)  # that of weights, which every loss shares
