# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One case, its contenders one after the other, as often as wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.contenders import Contender, Role
from benchmarks.library import Library
from benchmarks.measure import Cost
from benchmarks.target import Target, target


class WrongResult(Exception):
    """A contender did not do what it was measured for."""


@dataclass(frozen=True)
class Measured:
    """One run. `media_read` is in bytes; `requests` None where the server does not tell."""

    case: str
    contender: str
    round: int
    cost: Cost
    media_read: int
    requests: dict[str, int] | None


def measure(case: Case, contenders: Sequence[Contender], rounds: int, work: Path) -> Iterator[Measured]:
    """Runs a case. Raises WrongResult or CommandFailed."""
    library = case.kind(work / case.name, case.shape)
    if case.again:
        yield from _again(case, contenders, rounds, library)
        return
    for number in range(rounds):
        for contender in _turned(contenders, number):
            library.freshen()
            contender.forget()
            with target(keep_bytes=case.keep_bytes) as server:
                server.wait_idle()
                yield _one(case, contender, number, library, server)
                _check(case, contender, library, server)
                server.wait_idle()
                server.clean(library)


def _again(case: Case, contenders: Sequence[Contender], rounds: int, library: Library) -> Iterator[Measured]:
    with ExitStack() as stack:
        data = library.root.parent / "server" if case.seeded else None
        server = stack.enter_context(target(keep_bytes=case.keep_bytes, data=data))
        stack.callback(server.clean, library)
        sha1s = [bytes.fromhex(sha1) for sha1 in library.checksums()] if case.seeded else []
        if case.seeded:
            server.know(sha1s)
        for contender in contenders:
            if not isinstance(contender, Role):  # which alone remembers what it has seen
                continue
            contender.forget()
            if case.seeded:
                contender.remember(zip(library.files, sha1s, strict=True))
                continue
            contender.upload(library, server, case)
            _check(case, contender, library, server)
        server.wait_idle()
        for number in range(rounds):
            for contender in _turned(contenders, number):
                yield _one(case, contender, number, library, server)


def _one(case: Case, contender: Contender, number: int, library: Library, server: Target) -> Measured:
    library.forget_reads()
    if case.cold:
        library.drop_from_page_cache()
    server.forget_requests()
    cost = contender.upload(library, server, case)
    return Measured(case.name, contender.name, number, cost, library.bytes_read(), server.requests() if case.again else None)


def _check(case: Case, contender: Contender, library: Library, server: Target) -> None:
    found = len(server.assets(library))
    if found != (0 if case.predicted else case.shape.files):
        raise WrongResult(f"{case.name}: {contender.name} brought {found} of {case.shape.files} files to the server")
    if case.albums and not contender.is_loader:
        albums = {name: album["assetCount"] for name, album in server.albums(library).items()}
        if sorted(albums) != library.albums or sum(albums.values()) != case.shape.files:
            raise WrongResult(f"{case.name}: {contender.name} left the albums {albums}")


def _turned(contenders: Sequence[Contender], number: int) -> list[Contender]:
    """The contenders in another order each round, so that none always runs on what another left behind."""
    start = number % len(contenders)
    return [*contenders[start:], *contenders[:start]]
