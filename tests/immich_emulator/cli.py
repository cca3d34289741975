# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: serve in the foreground, say where and with which keys."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

from immich_emulator.immich import Immich, Options
from immich_emulator.server import Server
from immich_emulator.versions import ALL, RECORDED, Version, find

Announce = Callable[[str, Mapping[str, str]], None]
"""Gets the URL, and the keys by the name of their user."""

WHY_NOT = {
    errno.EADDRINUSE: "something else listens there. Choose another port, such as make server PORT=2284, or PORT=0 for any that is free.",
    errno.EACCES: "ports below 1024 are for root. Choose another port, such as make server PORT=2284.",
    errno.EADDRNOTAVAIL: "this machine does not have that address.",
}


def main(arguments: list[str] | None = None, announce: Announce | None = None) -> None:
    """Serves until it is interrupted. By default it prints for a shell where, and with which keys."""
    options = parse(arguments)
    with ExitStack() as stack:
        folder = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="immich-emulator-")))
        serve(options, folder, announce or tell_shell)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(prog="python -m immich_emulator", description=__doc__)
    names = ", ".join(version.number for version in ALL)
    parser.add_argument("--version", type=version, default=RECORDED[-1], help=f"the version of Immich to act: {names}")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=port, default=0, help="0 takes a free one")
    parser.add_argument("--data", type=Path, help="folder to keep everything in (default: a fresh one, removed at exit)")
    parser.add_argument("--discard-bodies", action="store_true", help="keep size and hash of the uploads, not the bytes")
    parser.add_argument("--job-seconds", type=float, default=0.02, help="how long a background job takes")
    parser.add_argument("--contention", type=float, default=0.0, help="seconds by which each job that runs delays an upload")
    parser.add_argument("--empty", action="store_true", help="without any account, as a server that was just installed")
    return parser.parse_args(arguments)


def version(name: str) -> Version:
    """An option's version. Raises ArgumentTypeError for an unknown one."""
    try:
        return find(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def port(number: str) -> int:
    """An option's port. Raises ArgumentTypeError for what is not one."""
    if not number.isdecimal() or int(number) > 65535:
        raise argparse.ArgumentTypeError(f"{number} is not a port: choose a number from 0 to 65535")
    return int(number)


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Handles SIGTERM as Ctrl-C, so that everything is cleaned up."""
    raise KeyboardInterrupt


def serve(options: argparse.Namespace, folder: Path, announce: Announce) -> None:
    """Serves one server that keeps everything in `folder`. Exits with a sentence when it cannot listen."""
    signal.signal(signal.SIGTERM, interrupt)
    immich = Immich(options.version, folder, Options(options.discard_bodies, options.job_seconds, options.contention, options.empty))
    try:
        Server(immich, options.host, options.port, lambda url: announce(url, immich.secrets)).run()
    except KeyboardInterrupt:
        pass
    except OSError as error:
        if error.errno not in WHY_NOT:
            raise
        sys.exit(f"The embedded server cannot listen at {options.host}:{options.port}: {WHY_NOT[error.errno]}")
    finally:
        immich.close()


def tell_shell(url: str, secrets: Mapping[str, str]) -> None:
    """Prints what a shell needs to talk to the server."""
    print(f"export IMMICH_URL={url}")
    print(f"export IMMICH_API_KEY={secrets['user']}")
    print(f"export IMMICH_ADMIN_API_KEY={secrets['admin']}", flush=True)
