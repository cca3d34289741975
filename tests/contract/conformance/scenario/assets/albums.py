# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Albums."""

from __future__ import annotations

from contract.conformance.forms import photo
from contract.conformance.scenario.shared import NOBODY, Scenario


def ask(s: Scenario) -> None:
    """The steps, in order."""
    s.fav = s.upload("an asset for albums", photo("album"), "album.jpg")["id"]
    s.foreign = s.upload("an admin's asset", photo("foreign"), "foreign.jpg", who="admin")["id"]
    album = s.call("create", "POST", "/albums", "user", json={"albumName": "Summer"})["id"]
    s.call("create the same name again", "POST", "/albums", "user", json={"albumName": "Summer"})
    s.call("create with assets", "POST", "/albums", "user", json={"albumName": "With", "assetIds": [s.fav, s.asset]})
    s.call("create with an unknown asset", "POST", "/albums", "user", json={"albumName": "Unknown", "assetIds": [NOBODY]})
    s.call("create with another's asset", "POST", "/albums", "user", json={"albumName": "Foreign", "assetIds": [s.foreign]})
    s.call("create without a name", "POST", "/albums", "user", json={"description": "x"})
    s.call("create with an empty name", "POST", "/albums", "user", json={"albumName": ""})
    s.call("create with an emoji and a slash", "POST", "/albums", "user", json={"albumName": "A/B \N{CAMERA}"})
    s.call("list", "GET", "/albums", "user")
    s.call("list by name", "GET", "/albums?name=Summer", "user")
    s.call("list by name, other case", "GET", "/albums?name=summer", "user")
    s.call("list of an asset", "GET", f"/albums?assetId={s.fav}", "user")
    s.call("list shared", "GET", "/albums?shared=true", "user")
    s.call("one", "GET", f"/albums/{album}", "user")
    s.call("add", "PUT", f"/albums/{album}/assets", "user", json={"ids": [s.fav]})
    s.call(
        "add again, one new, one unknown, one of another",
        "PUT",
        f"/albums/{album}/assets",
        "user",
        json={"ids": [s.fav, s.asset, NOBODY, s.foreign]},
    )
    s.call("add the same twice in one call", "PUT", f"/albums/{album}/assets", "user", json={"ids": [s.with_sidecar, s.with_sidecar]})
    s.call("add none", "PUT", f"/albums/{album}/assets", "user", json={"ids": []})
    s.call("add to an unknown album", "PUT", f"/albums/{NOBODY}/assets", "user", json={"ids": [s.fav]})
    s.call("add to another's album", "PUT", f"/albums/{album}/assets", "admin", json={"ids": [s.foreign]})
    s.call("add to a bad id", "PUT", "/albums/x/assets", "user", json={"ids": [s.fav]})
    s.call("add to several", "PUT", "/albums/assets", "user", json={"albumIds": [album], "assetIds": [s.fav]})
    s.call("add to several, new", "PUT", "/albums/assets", "user", json={"albumIds": [album], "assetIds": [s.lying]})
    s.ask("GET", f"/albums/{album}", "user")
    s.call("rename", "PATCH", f"/albums/{album}", "user", json={"albumName": "Winter", "description": "Cold"})
    s.call("remove assets", "DELETE", f"/albums/{album}/assets", "user", json={"ids": [s.fav, NOBODY]})
    s.call("delete another's", "DELETE", f"/albums/{album}", "admin")
    s.call("delete", "DELETE", f"/albums/{album}", "user")
    s.call("deleted", "GET", f"/albums/{album}", "user")
