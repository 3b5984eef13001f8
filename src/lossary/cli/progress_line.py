"""How far work has come, in one line that shows the count and the time left however narrow the terminal is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from rich.console import RenderableType
from rich.progress import Progress, Task
from rich.text import Text

NARROW = 60
"""Columns below which the bar is short."""

MEMORY = 600.0
"""Seconds of work that tell the pace: single fits differ by more than the pace changes."""


class ProgressLine(Progress):
    """A bar, the count and the time left; then a task's ``remark``, as much of it as there is room for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(speed_estimate_period=MEMORY, **settings)

    def get_renderables(self) -> Iterable[RenderableType]:
        for task in self.tasks:
            yield _line(task, 10 if self.console.width < NARROW else 20)


def _line(task: Task, cells: int) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    count = f"{task.completed:,.0f}"
    if task.total is not None:
        done = int(cells * min(task.completed / task.total, 1.0)) if task.total else cells
        line.append("━" * done, style="bar.complete").append("━" * (cells - done), style="bar.back").append(" ")
        count += f" of {task.total:,.0f}"
    line.append(f"{count} {task.description}")
    if task.total is not None and task.time_remaining is not None:
        line.append(f", {timedelta(seconds=round(task.time_remaining))} left", style="progress.remaining")
    remark = task.fields.get("remark", "")
    return line.append(f"; {remark}" if remark else "", style="dim")
