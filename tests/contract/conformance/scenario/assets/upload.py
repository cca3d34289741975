# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploads: form fields, file types, file names, the checksum header, sidecars, live photos, a cut connection."""

from __future__ import annotations

from contract.conformance.forms import file_part, photo, video
from contract.conformance.scenario.shared import NOBODY, Scenario, sha1

HEADER = "x-immich-checksum"
#: Names as they stand between the quotes of Content-Disposition.
NAMES = {
    "a quote, escaped": b'qu\\"ote.jpg',
    "a quote as %22": b"qu%22ote.jpg",
    "emoji": "pho\N{CAMERA}to.jpg".encode(),
    "umlaut": "Köln.jpg".encode(),
    "Latin-1 bytes": b"K\xf6ln.jpg",
    "a backslash": b"back\\slash.jpg",
    "a slash": b"fold/er.jpg",
    "percent sign": b"100%25.jpg",
    "two dots": b"../up.jpg",
    "semicolon": b"a;b.jpg",
    "spaces": b"  sp ace .jpg",
    "newline as %0A": b"new%0Aline.jpg",
    "tab": b"t\tab.jpg",
    "decomposed": "Ko\u0308ln.jpg".encode(),
    "very long": b"x" * 250 + b".jpg",
}
SIDECAR = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
    "From the sidecar</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def ask(s: Scenario) -> None:
    """The steps, in order."""
    ask_fields(s)
    ask_files(s)
    ask_checksum_header(s)
    ask_names(s)
    ask_sidecars(s)
    ask_live_photos(s)
    ask_broken(s)


def ask_fields(s: Scenario) -> None:
    """Duplicates, and the form's fields."""
    s.one = photo("one")
    s.asset = s.upload("first", s.one, "one.jpg")["id"]
    s.upload("same bytes again", s.one, "other-name.jpg")
    s.upload("same bytes as another user", s.one, "one.jpg", who="admin")
    s.upload("offset date", photo("offset"), "offset.jpg", fileCreatedAt="2020-01-02T03:04:05+02:00")
    s.upload("date without zone", photo("nozone"), "nozone.jpg", fileCreatedAt="2020-01-02T03:04:05")
    s.upload("date in words", photo("words"), "words.jpg", fileCreatedAt="yesterday")
    s.upload("epoch milliseconds", photo("epoch"), "epoch.jpg", fileCreatedAt="1600000000000")
    for field in ("deviceAssetId", "deviceId", "fileCreatedAt", "fileModifiedAt"):
        s.upload("without " + field, photo("without" + field), "w.jpg", without=(field,))
    s.upload("favourite true", photo("fav"), "fav.jpg", isFavorite="true")
    s.upload("favourite yes", photo("favyes"), "favyes.jpg", isFavorite="yes")
    s.upload("visibility archive", photo("arch"), "arch.jpg", visibility="archive")
    s.upload("visibility locked", photo("lock"), "lock.jpg", visibility="locked")
    s.upload("visibility unknown", photo("vis"), "vis.jpg", visibility="attic")
    s.upload("duration as text", photo("dur"), "dur.jpg", duration="0:00:00.000000")
    s.upload("a field nobody knows", photo("unk"), "unk.jpg", flavour="sweet")
    s.upload("a filename field", photo("fname"), "fname.jpg", named="given.jpg")


def ask_files(s: Scenario) -> None:
    """What a file may be."""
    s.upload("no file", None)
    s.upload("empty file", b"", "empty.jpg")
    s.upload("text file", b"hello", "note.txt")
    s.upload("no extension", photo("noext"), "noext")
    s.upload("upper-case extension", photo("upper"), "UPPER.JPG")
    s.upload("noise named jpg", bytes(range(256)) * 8, "noise.jpg")
    s.upload("text named jpg", b"hello", "hello.jpg")
    s.upload("video", video("one"), "clip.mp4")


def ask_checksum_header(s: Scenario) -> None:
    """The header that spares the transfer of a duplicate."""
    s.upload("checksum header, known", s.one, "again.jpg", headers={HEADER: sha1(s.one)})
    s.upload("checksum header, known, base64", s.one, "again.jpg", headers={HEADER: sha1(s.one, "base64")})
    s.upload("checksum header, known, other bytes", photo("other bytes"), "again.jpg", headers={HEADER: sha1(s.one)})
    s.upload("checksum header, new", photo("hdr"), "hdr.jpg", headers={HEADER: sha1(photo("hdr"))})
    s.lying = s.upload("checksum header, new, other bytes", photo("lying"), "lying.jpg", headers={HEADER: "12" * 20})["id"]
    s.upload("checksum header, nonsense", photo("hdr2"), "hdr2.jpg", headers={HEADER: "nonsense"})


def ask_names(s: Scenario) -> None:
    """Odd names; `stored_name` is what the server made of them."""
    for step, raw in NAMES.items():
        made = s.upload("name with " + step, photo("name " + step), raw)
        kept = s.recorder.exchanges[-1]
        if isinstance(made, dict) and "id" in made:
            kept["stored_name"] = s.ask("GET", f"/assets/{made['id']}").get("originalFileName")


def ask_sidecars(s: Scenario) -> None:
    """Sidecars, and files that the form has no room for."""
    sidecar = file_part("sidecarData", SIDECAR, "a.jpg.xmp", "application/xml")
    s.with_sidecar = s.upload("with a sidecar", photo("side"), "side.jpg", extra=(sidecar,))["id"]
    s.upload("sidecar that is no xmp", photo("side2"), "side2.jpg", extra=(file_part("sidecarData", "x", "a.txt", "text/plain"),))
    s.upload("sidecar of zero bytes", photo("side3"), "side3.jpg", extra=(file_part("sidecarData", "", "a.xmp", "application/xml"),))
    s.upload(
        "a filename field before a sidecar",
        photo("side4"),
        "side4.jpg",
        named="given.jpg",
        extra=(file_part("sidecarData", "<x/>", "a.jpg.xmp", "application/xml"),),
    )
    s.upload("a second assetData", photo("twice"), "twice.jpg", extra=(file_part("assetData", photo("twice 2"), "twice2.jpg"),))
    s.upload("a file under another name", photo("odd"), "odd.jpg", extra=(file_part("strange", b"x", "s.jpg"),))


def ask_live_photos(s: Scenario) -> None:
    """A picture that belongs to a film."""
    still_video = s.upload("the video of a live photo", video("live"), "live.mov", visibility="hidden")
    s.upload("live photo", photo("live"), "live.jpg", livePhotoVideoId=still_video.get("id", NOBODY))
    s.upload("live photo with an unknown video", photo("live2"), "live2.jpg", livePhotoVideoId=NOBODY)
    s.upload("live photo with a bad id", photo("live3"), "live3.jpg", livePhotoVideoId="x")


def ask_broken(s: Scenario) -> None:
    """Requests without a key, without a form, without an end."""
    s.upload("no key", photo("nokey"), who="none")
    s.upload("bad key", photo("badkey"), who="bad")
    s.call("not multipart", "POST", "/assets", "user", json={"deviceAssetId": "x"})
    s.call("multipart without boundary", "POST", "/assets", "user", raw=b"x", headers={"Content-Type": "multipart/form-data"})
    body = s.form(photo("cut"), "cut.jpg")
    s.recorder.cut("connection cut in the middle", "/assets", "user", body)
    s.call(
        "nothing is left of a cut upload",
        "POST",
        "/assets/bulk-upload-check",
        "user",
        json={"assets": [{"id": "cut", "checksum": sha1(photo("cut"))}]},
    )
