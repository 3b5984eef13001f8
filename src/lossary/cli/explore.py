"""The explorer: written to a file, and opened in the browser."""

from __future__ import annotations

import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from lossary.cli.console import UserError
from lossary.evaluate.pointwise.function import LossFunction
from lossary.explorer import page
from lossary.explorer.formulas import OF_TWO_CLASSES, shown

MOST = 4


def explore(losses: Sequence[LossFunction], output: Path | None) -> str:
    """Write the page, open it unless it was to be written to ``output``, and say where it is."""
    path = output or Path(tempfile.mkdtemp(prefix="lossary-")) / "explorer.html"
    text = page([_spec(loss) for loss in _on_the_page(losses)])
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as trouble:
        raise UserError(f"{path} cannot be written: {trouble.strerror or trouble}") from trouble
    if output is None and webbrowser.open(path.as_uri()):
        return f"the explorer is open in the browser; it is the file {path}"
    return f"the explorer is the file {path}; open it in a browser"


def _on_the_page(losses: Sequence[LossFunction]) -> Sequence[LossFunction]:
    names = [loss.name for loss in shown()]
    for loss in losses:
        if loss.name not in names:
            if loss.name in OF_TWO_CLASSES:
                raise UserError(f"{loss.name} is in the explorer's panel of two classes: choose it there")
            raise UserError(f"the explorer does not draw {loss.name}; it draws {', '.join(names)}")
    if len(losses) > MOST:
        raise UserError(f"the explorer draws up to {MOST} losses at once, not {len(losses)}")
    return losses


def _spec(loss: LossFunction) -> str:
    given = ",".join(f"{name}={value!r}" for name, value in loss.fixed.items())
    return f"{loss.name}:{given}" if given else loss.name
