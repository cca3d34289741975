# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines that are shown while a task runs."""

from __future__ import annotations

import contextvars
import os
import threading
from contextlib import contextmanager
from typing import Iterator

from ansible import constants
from ansible.plugins.loader import callback_loader
from ansible.utils.display import Display

from .. import _main_process

display = Display()

_CALLBACKS_FOR_PEOPLE = frozenset(
    f"{package}.plugins.callback.{name}"
    for name in ("default", "minimal", "oneline")
    for package in ("ansible", "ansible_collections.ansible.builtin")  # named as ansible.builtin.default
)
"""The modules of ansible-core's own callbacks that write text."""


def show_line(host: str, text: str) -> None:
    """Prints a line about a host."""
    display.display(f"[{host}] {text}", stderr=not _stdout_is_for_people())


@contextmanager
def line_after(seconds: float, host: str, text: str) -> Iterator[None]:
    """Prints a line if what is done meanwhile takes longer than that."""
    over, parent = threading.Event(), os.getppid()

    def wait() -> None:
        if not over.wait(seconds) and os.getppid() == parent:  # else ansible-playbook is gone, and nobody reads it
            show_line(host, text)

    # a daemon: whatever ends the process must not wait for it
    thread = threading.Thread(target=contextvars.copy_context().run, args=(wait,), name="immich-line", daemon=True)
    with _main_process.signals_blocked():
        thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(seconds)


def _stdout_is_for_people() -> bool:
    """Whether the stdout callback writes text: it is one of ansible-core's own, or made from one of them.

    Callbacks that write JSON and the like are made from the bare base class, and a stray line would break their document.
    """
    callback = callback_loader.get(constants.DEFAULT_STDOUT_CALLBACK, class_only=True)
    return any(base.__module__ in _CALLBACKS_FOR_PEOPLE for base in getattr(callback, "__mro__", ()))
