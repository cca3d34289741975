# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures that every kind of test shares."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_ansible.units import inject

from support import long_tests
from support.examples import load_profile
from support.photos.jpegs import write_photos
from support.run_cache import RunCache

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

pytest_plugins = ["support.playbooks.left_behind", "support.tiers"]

inject(Path(__file__).parents[1])  # pytest-ansible does this only after it has imported the conftest files below, which need the collection

TESTS = Path(__file__).parent
SHORT_WAIT = 0.02  # seconds
#: Folders that have tests of up to a minute. None of those is among the last of a run, for which all other workers would wait.
END_EARLY = ("awx", "chaos", "contract/sent", "e2e/server", "eda", "publishing", "sweep")
EARLY = 0.85  # of the run


def pytest_configure() -> None:
    """Ctrl-C reaches what the tests start, also when they run in the background of a script, where a shell has it ignored."""
    load_profile()
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For `-n auto`: six on a small machine too, since tests wait for servers, guards and leases. On two processors, eight compute a
    fifth more for the same tests, and four have nothing to do for a quarter of the time. For a few tests, two: each worker begins by
    importing them all."""
    few = config.getoption("keyword") or config.getoption("lf", False)
    return 2 if few else max(6, os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Of what is made while some thousand tests are imported, hardly anything goes away before the end: none of it is looked through."""
    gc.disable()
    with _compiling_once(session.config):
        result = yield
    gc.freeze()
    gc.enable()
    return result


@contextmanager
def _compiling_once(config: pytest.Config) -> Iterator[None]:
    """In a fresh clone, the process that comes first compiles what all of them import, which takes three times as long as to import it.
    The others wait for it."""
    compiled = config.cache.mkdir("compiled") / Path(sys.prefix).name
    if compiled.exists():
        yield
        return
    with compiled.with_name(f"{compiled.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not compiled.exists():
            yield
            compiled.touch()
            return
    yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the long tests of other days, and spreads each folder's tests evenly over the run: those that mostly wait (chaos) leave
    the processors to those that compute."""
    others = set(long_tests.of_other_days(items))
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]
    totals = Counter(item.path.parent for item in items)
    ends_at = {folder: EARLY if any(folder.is_relative_to(TESTS / name) for name in END_EARLY) else 1.0 for folder in totals}
    seen: Counter[Path] = Counter()
    places = {}
    for item in items:
        folder = item.path.parent
        places[item] = seen[folder] / totals[folder] * ends_at[folder]
        seen[folder] += 1
    items.sort(key=places.__getitem__)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs in this process waits a twentieth before it looks again: the embedded server is never so slow as a real one.

    Deadlines stay as they are, and short waits too: more looks would cost more time than they spare.
    """
    from ansible_collections.photoyard.immich.plugins.module_utils._client import waits

    monkeypatch.setattr(waits, "sleep", lambda seconds: time.sleep(min(seconds, max(seconds / 20, SHORT_WAIT))))


@pytest.fixture(scope="session")
def run_cache(tmp_path_factory: pytest.TempPathFactory) -> RunCache:
    """What the workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return RunCache((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared")


@pytest.fixture
def emulator() -> Iterator[Callable[..., Emulator]]:
    """A factory of embedded servers that end with the test: ``emulator(version="3.1", **options)``."""
    from immich_emulator.testing import Emulator

    with ExitStack() as servers:

        def start(version: str = "3.1", **options: Any) -> Emulator:
            return servers.enter_context(Emulator(version=version, **options))

        yield start


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Callable[..., Emulator]]:
    """Servers that the tests of one process use in turn, one for each version and its options: ``shared_server(version, **options)``."""
    from immich_emulator.testing import Emulator

    running: dict[str, Emulator] = {}
    with ExitStack() as servers:

        def find(version: str, **options: Any) -> Emulator:
            key = f"{version} {options}"
            if key not in running:
                running[key] = servers.enter_context(Emulator(version=version, **options))
            return running[key]

        yield find


@pytest.fixture
def server(emulator: Callable[..., Emulator]) -> Emulator:
    """An embedded server of the newest version."""
    return emulator()


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., Path]:
    """A factory of photo folders: ``photos(count, folders)`` writes that many and returns the folder above them."""

    def write(count: int = 12, folders: int = 3, **options: Any) -> Path:
        root = tmp_path / "photos"
        write_photos(root, count, folders, **options)
        return root

    return write


@pytest.fixture
def without_exifread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host that does not have it."""
    from ansible_collections.photoyard.immich.plugins.module_utils._media.exif import require_exifread

    require_exifread.cache_clear()
    monkeypatch.setitem(sys.modules, "exifread", None)
    yield
    monkeypatch.undo()
    require_exifread()
