# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Immich itself restarts: it then resumes metadataExtraction."""

from __future__ import annotations

from chaos import plays
from chaos.lab import Lab
from chaos.scenario import scenario

DROPPED = "metadataExtraction"


@scenario("Immich restarts during the upload (metadataExtraction has to be paused again)")
def immich_restarts(lab: Lab) -> str:
    # a lease that outlives a restart, as the default one does, and enough retries
    running = lab.start(plays.role(), src=[str(lab.photos(count=80))], lease_ttl=300, immich_retries=10)
    lab.wait_for_upload(running)
    lab.server.restart()
    lab.deed()
    lab.wait(f"the resume of {DROPPED}", lambda: DROPPED not in lab.watcher.now.paused, running)
    lab.wait(f"the pause of {DROPPED} during the upload", lambda: DROPPED in lab.watcher.now.paused, running)
    uploads = lab.watcher.now.uploads
    rc = running.finish().rc
    if lab.watcher.now.uploads == uploads:
        lab.notes.append(f"{DROPPED} was paused again only after the upload")
    return str(rc)
