"""Ctrl-C while modules are being imported."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ends_at_ctrl_c() -> Iterator[None]:
    """End the process with one line if Ctrl-C is pressed in a block that only imports modules.

    An interrupted import of a compiled module may print a traceback or raise another error. There
    is nothing to clean up at this point.
    """
    default = signal.default_int_handler
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not default:
        yield  # another handler is responsible for Ctrl-C
        return
    signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, default)


def _end(*_: object) -> None:
    os.write(2, b"iou-kmeans: interrupted.\n")
    os._exit(130)
