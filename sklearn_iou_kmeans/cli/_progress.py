"""The bar that shows on a terminal how much of a sweep is done."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class SweepBar:
    """A callback of scikit-learn that counts the tasks of a sweep that have ended.

    It is not scikit-learn's own ProgressBar, because that one writes to stdout, where results go,
    whether or not it is a terminal, and leaves a line for every task behind.
    """

    def __init__(self) -> None:
        console = Console(stderr=True)
        console.quiet = not console.is_terminal
        self.bar = Progress(
            TextColumn("sweep"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("tasks"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self.task = self.bar.add_task("", total=None)

    def setup(self, estimator: Any, context: Any) -> None:
        """Show the bar; scikit-learn calls this when the fit begins."""
        self.bar.update(self.task, total=context.max_subtasks)
        self.bar.start()

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing: only tasks that have ended are counted."""

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Count a task of the sweep; the end of the whole fit is none."""
        if context.parent is not None:
            self.bar.advance(self.task)

    def teardown(self, estimator: Any, context: Any) -> None:
        """Remove the bar; scikit-learn calls this when the fit ends, however it ends."""
        self.bar.stop()

    def __str__(self) -> str:
        [task] = self.bar.tasks
        return f"{task.completed:.0f} of {task.total:.0f} tasks were done" if task.total else ""
