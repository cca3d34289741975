#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_upload`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_upload
short_description: Upload photos and videos to Immich
version_added: 1.0.0
description:
  - Uploads files from the managed host to Immich and adds them to albums and tags. Files can be named one by one, by folder or by glob.
  - Asks Immich by checksum which files it already has, so no file is sent twice, whatever its name. Files that Immich already has are
    added to their albums and tags as well. A second run with the same arguments changes nothing, and the next run completes an
    interrupted one.
  - Files are streamed from disk, so memory use does not depend on their size and hardly on their number. The server never keeps part of
    a file. The bytes are hashed while they are sent, and the transfer is aborted if the file changes in the meantime.
  - Exports of Google Photos (Takeout), iCloud and Picasa are recognised, also as ZIP archives. What the export knows about a photo is
    uploaded with it, such as its date, its albums, its description and its position. See O(layout).
  - Every file is tried before the task fails. Only a problem that would affect every further file stops the upload early (the key, the
    quota, maintenance mode, or a server that cannot be reached). Files uploaded before that are still added to their albums and tags.
  - With O(pause_queues), Immich's background jobs are paused during the upload. The module starts a guard, a small process on the managed
    host, which resumes them as soon as the module dies, for whatever reason.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.pause
  - photoyard.immich.ledger
  - photoyard.immich.stacks
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
    details:
      - Reads the files, asks the server, and returns the numbers that the run would return. Nothing is written. The O(report) is not
        created, and an existing O(checksum_cache) is only read.
  diff_mode:
    support: full
    details:
      - Lists the files to upload (the first 1,000 paths), and the albums and tags that are created or added to.
  idempotent:
    support: full
options:
  src:
    description:
      - Files, folders, archives and globs on the managed host, as absolute paths.
      - The files inside an archive (C(.zip), C(.tar), C(.tgz), C(.tar.gz)) that is named here, or that a glob matches, are uploaded
        without unpacking it. Archives that are found inside folders are left alone.
      - The parts of one export can be given in any order, as archives, as folders into which they were unpacked, or as a mix of both.
      - A path that exists is taken literally, even if it contains C([), C(*) or C(?).
      - A file named here is uploaded regardless of O(include) and O(exclude). A glob never matches a name that begins with a dot.
      - In a glob, C(**) matches a folder and all folders below it, except excluded ones. It follows links only with O(follow=true).
    type: list
    elements: path
    required: true
  layout:
    description:
      - What the files in O(src) are. An export is read as a whole before the first file is uploaded, because what it says about a photo
        may be in any of its parts. Its metadata files are never uploaded as they are, changed or deleted.
      - V(auto) recognises an export by the contents of its files, whatever its language. RV(export.layout) says what was recognised. In
        each folder of O(src), it looks at the first 20,000 names only, so that a large photo library is not searched twice.
      - V(folder) means photos and videos in folders or archives. What an export says about them is ignored.
      - V(google_takeout) is an export of Google Photos by Google Takeout, V(icloud) one of iCloud Photos by Apple's privacy page, V(picasa)
        folders with Picasa's C(.picasa.ini) files, V(immich_go) a folder or archive that C(immich-go archive) wrote, and V(immich_archive)
        one that M(photoyard.immich.immich_archive) wrote.
      - V(synology) is a photo share of Synology Photos. Its albums are not in its files, but O(album_from) makes albums of its folders.
        What the NAS made (C(@eaDir), C(@tmp), C(#snapshot)) is left out, and C(#recycle) is its trash; see O(export_trash). V(auto)
        recognises it by its thumbnails. Where O(default_excludes) leaves these out of folders, they are uploaded as V(folder).
    type: str
    choices: [auto, folder, google_takeout, icloud, picasa, immich_go, immich_archive, synology]
    default: auto
  recursive:
    description:
      - Whether to search subfolders.
    type: bool
    default: true
  ignore_missing:
    description:
      - Whether it is only a warning if a path in O(src) does not exist or a glob matches nothing. By default it is a failure, because a
        disk may not be mounted. The rest of O(src) is uploaded in any case.
    type: bool
    default: false
  follow:
    description:
      - Whether to follow symbolic links to files and folders that are found inside folders. A folder that is reached twice is searched
        once. A path in O(src) may always be a link.
      - With V(false), a link that has the name of a photo or video is counted in RV(skip_reasons), and a link that replaces a file or
        folder during the upload is not followed either. With V(true), a broken link is a failure.
    type: bool
    default: false
  hidden:
    description:
      - Whether to include files and folders whose names begin with a dot.
    type: bool
    default: false
  require:
    description:
      - Absolute paths on the managed host that have to exist, such as a file on the disk of O(src). If one does not, nothing is done
        and the task fails, in check mode as well. So an empty folder in which no disk is mounted is not taken for the photos.
    type: list
    elements: path
    default: []
  include:
    description:
      - Globs of files to upload. A file must match at least one of them. An empty list means every file.
      - A glob that contains a C(/) is matched against the path relative to the folder in O(src) or inside the archive, any other against
        the name. Case is ignored.
      - C(*), C(?) and C([...]) never match a C(/), as in O(src). C(**) in place of the name of a folder matches any number of folders, so
        that C(2024/*) means the files directly inside C(2024), and C(2024/**) those below it as well.
      - In an export, what it says about the files that are left out is left out as well, and is not counted.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Globs of files and folders to leave out, in addition to those of O(default_excludes). They are matched like O(include). A glob that
        ends in C(/) matches only folders. What is inside a folder that matches is left out with it.
    type: list
    elements: str
    default: []
  default_excludes:
    description:
      - Whether to leave out what NAS systems, operating systems and photo programs store among the photos. In the notation of O(exclude)
        these are C(@eaDir/), C(@__thumb/), C(SYNOFILE_THUMB_*.*), C(Lightroom Catalog/), C(thumbnails/), C(.DS_Store), C(._*),
        C(.Spotlight-V100/), C(.photostructure/), C(Recently Deleted/), C(#recycle/), C(@Recycle/), C(@Recently-Snapshot/),
        C(SYNOPHOTO_THUMB_*) and C(.picasaoriginals/).
      - C(Recently Deleted/) and C(.picasaoriginals/) are read if they are part of an export, and C(#recycle/) with O(layout=synology).
        O(export_trash) applies to what was deleted, and the originals are skipped.
    type: bool
    default: true
  types:
    description:
      - Which kinds of media to upload. The server says which file name extensions belong to each kind.
      - Files of other types are counted in RV(counts.skipped) and, by extension, in RV(skip_reasons).
    type: list
    elements: str
    choices: [image, video]
    default: [image, video]
  sidecars:
    description:
      - Whether to upload a sidecar (C(name.ext.xmp), or else C(name.xmp)) together with its file, from the same folder or from the same
        folder of an archive.
      - The server accepts a sidecar only with a new file. The sidecar of a file that the server already has is not sent.
      - The local sidecar is never changed. With O(tags), the uploaded copy contains the tags in addition to its own content. With V(false),
        the local sidecar is ignored, and with O(tags) a sidecar that contains only the tags is uploaded.
      - A sidecar that is not XMP is uploaded as it is where nothing is to be added to it. Otherwise, as with O(tags), it is left out with a
        warning, and a sidecar with the tags and what else is known of the photo is uploaded in its place, because Immich keeps no tags
        beside one that it cannot read. Correct it before the upload if what it says matters.
    type: bool
    default: true
  album:
    description:
      - Name of an album of the key's user to which all files are added, or a list of such names. An album that does not exist is created.
      - Files that Immich already has in its locked folder cannot be in albums. They are left out with a warning.
      - If several albums have one of these names, the task fails and lists their ids. Use O(album_id) then.
      - If several runs create the same album at the same time, only one album remains, provided that the key has the scope
        C(album.delete).
    type: raw  # a list would split a name at its commas
  album_id:
    description:
      - Ids of albums to which all files are added. They may be albums that other users share with the key's user.
    type: list
    elements: str
    default: []
  album_from:
    description:
      - Which albums to add each file to, besides those of O(album) and O(album_id).
      - V(folder) adds each file to an album named after the folder that contains it.
      - V(path) adds each file to an album named after the path of that folder relative to the one in O(src). The folder names are joined
        with O(album_joiner).
      - V(top) adds each file to an album named after the first folder of that path, so that all that is below it is in one album.
      - In these cases, files directly inside a folder that O(src) names are added to an album named after that folder.
      - V(export) adds each file to the albums that the export says it is in. An album that is created also gets its description. Of two
        albums with one title, the second is named C(Title (2)).
      - V(none) adds files to no other album.
      - V(auto) means V(export) if O(src) is an export, otherwise V(none). With O(album) or O(album_id) it means V(none).
    type: str
    choices: [auto, none, folder, path, top, export]
    default: auto
  album_joiner:
    description:
      - The text between the folder names in the name of an album, with O(album_from=path).
    type: str
    default: " / "
  tags:
    description:
      - Tags to give to all files, such as V(Trip/Rome). A C(/) separates levels. Tags that do not exist are created.
      - The tags of a new file are uploaded with it, in a sidecar, so that no background job of Immich can remove them. They appear as soon
        as Immich has read the file's metadata, together with the keywords in the file's own sidecar or inside the file if it is a JPEG
        file. Keywords inside files of other formats do not become tags in Immich in that case.
      - Files that Immich already has are tagged through its API, once it has read their metadata, because tags given earlier would be lost.
        If it has not done so by the end of the run, RV(tags_to_be_read) counts them, and the next run tags them.
      - A file that has a tag below one of these tags counts as tagged.
      - A new file whose metadata Immich cannot read, such as a damaged video, counts as tagged, since its tags are uploaded with it, but
        Immich never shows them. Later runs count such a file in RV(tags_to_be_read).
    type: list
    elements: str
    default: []
  new_tags:
    description:
      - Tags to give only to files that Immich does not have yet, such as V(Uploads/2026-11-28). Otherwise they are like O(tags).
    type: list
    elements: str
    default: []
  tags_from:
    description:
      - Which tag each file gets from its folders, besides O(tags). V(folder) is the name of the folder that contains it. V(path) is the
        path of that folder relative to the one in O(src), with a level for each folder, such as V(Trips/Rome).
      - Files directly inside a folder or an archive that O(src) names get its name.
      - Of equal files in several folders one is uploaded, with the tags of all of these folders. For that, files of one size in different
        folders are read, and wait for each other. Other files do not wait, unless O(src) names archives or an export, or
        O(only_of_pair), O(taken_after) or O(taken_before) is set.
    type: str
    choices: [none, folder, path]
    default: none
  export_albums:
    description:
      - Upload of an export only what is in one of these albums, by their titles. Their videos of live photos and edited copies belong to
        the photos. What is left out is counted as C(album) in RV(skip_reasons). An empty list means everything.
    type: list
    elements: str
    default: []
  partner_album:
    description:
      - Name of an album to which the files of an export are added that a partner shared. It is an album of the export like the others, so
        that O(album_from) decides whether it is made.
    type: str
  untitled_albums:
    description:
      - What to do with the albums of an export that have no title. V(create) names them after their folder, V(skip) leaves them out.
        Their files are uploaded in any case.
    type: str
    choices: [skip, create]
    default: skip
  export_trash:
    description:
      - What to do with the files that an export has in its trash. V(skip) leaves them out, V(upload) uploads them like any other file.
      - O(server_trash) is about the trash of Immich.
    type: str
    choices: [skip, upload]
    default: skip
  export_archived:
    description:
      - What to do with the files of an export that were archived or hidden. V(upload) archives them in Immich as well.
    type: str
    choices: [skip, upload]
    default: upload
  export_partner:
    description:
      - What to do with the files of a Google Takeout that a partner shared.
    type: str
    choices: [skip, upload]
    default: upload
  export_locked:
    description:
      - What to do with the files of an export that were in its locked folder. V(upload) uploads them like any other file.
    type: str
    choices: [skip, upload]
    default: skip
  export_unmatched:
    description:
      - What to do with the photos and videos of an export that it says nothing about. V(upload) uploads them with what is in the
        files.
      - V(wait) does so as well, but for a Google Takeout that is not there as a whole. A part of it is missing if the numbers in the names
        of the others have a gap, and a part, or a JSON file, may be unreadable. What lacks a JSON file then is left out until a run finds
        it, and counted as C(waiting) in RV(skip_reasons). A warning says why. That a last part is missing cannot be known.
      - A file of an archive of M(photoyard.immich.immich_archive) whose bytes have another checksum than its manifest says fails, and is
        not touched by O(after_upload), unless this is V(upload).
      - It has no effect on Picasa, which says nothing about most photos.
    type: str
    choices: [skip, upload, wait]
    default: wait
  people_as_tags:
    description:
      - Whether new files get a tag C(People/name) for each person that an export names in them.
    type: bool
    default: false
  with_people:
    description:
      - What to do with the people in an archive of M(photoyard.immich.immich_archive), which says where their faces are. They are created,
        and their faces marked, as O(photoyard.immich.immich_copy#module:with_people) describes. Other exports do not say where faces are.
    type: str
    choices: [faces, names, none]
    default: faces
  existing_metadata:
    description:
      - What to do with what an export says about a file that Immich already has. V(leave) leaves that file as it is. V(complete) adds the
        description, the position and the rating where Immich has none, and never overwrites anything.
      - With V(complete), a file that was uploaded before the export said anything about it also gets its date, becomes a favourite and goes
        to the archive. It is known by its date in Immich, which is that of the file, or of its name or folder, and not that of the export.
        A file whose date was changed in Immich stays as it is. Where the file itself has the date of the export, a favourite mark that was
        taken away in Immich comes back, unless the export has a description that Immich has too.
      - A position can move the time of a photo whose camera noted no time zone, because Immich takes that time for UTC. The time goes along
        if the export knows the moment. If it does not, the position is left out, as a warning says.
      - Files whose metadata Immich has not read yet are completed by a later run, as a warning says. O(after_upload) does not touch
        them before that.
      - Albums and stacks are completed in any case.
    type: str
    choices: [leave, complete]
    default: leave
  date_from_name:
    description:
      - Whether a file is dated by its name, such as C(IMG-20200501-WA0001.jpg), if neither the file nor an export has a date.
    type: bool
    default: true
  time_zone:
    description:
      - The time zone of times without an offset, as many cameras write them, by its name, such as V(Europe/Rome), or its offset, such as
        V(+02:00). It also counts for dates in names of files. A time with an offset, and what an export says, is not changed.
      - Without this option, Immich takes such times for UTC. The local time is the same in any case.
      - It is about new files. Names of zones need Python 3.9 or later on the managed host.
    type: str
  taken_after:
    description:
      - Upload only files that were taken at this time or later. It is a date such as V(2024-07-01) or a moment such as
        V(2024-07-01T18:00:00+02:00). Without an offset it is UTC, as which a time in a file without a time zone also counts.
      - The time is that of the export, otherwise that in the file, in its name, or when it was last modified.
    type: str
  taken_before:
    description:
      - Upload only files that were taken at this time or earlier. It is like O(taken_after). A date includes the whole day.
    type: str
  live_photos:
    description:
      - Whether to upload a photo and the short video that belongs to it as one live photo, which Immich shows as one photo that plays. The
        two are in one folder and have the same name except for the extension. Apple's devices write an identifier into both. Without it,
        the times in the files and the length of the video decide.
      - If Immich already has one of the two, the pair is completed.
      - This takes the Python library C(exifread) on the managed host, and the scopes C(asset.read) and C(asset.update). If one of them is
        missing, the photo and its video are uploaded as two files, as they are with O(visibility=locked).
    type: bool
    default: true
  stack:
    description:
      - Which photos of one folder to stack, so that Immich shows one of them instead of all.
      - V(raw_jpeg) and V(heic_jpeg) are two formats of one shot, V(burst) is a series, V(edited) an original and its edited copies, and
        V(scans) the sides of a scanned photo. They are recognised by the names that cameras and phones give, and by the time and the camera
        in the files. M(photoyard.immich.immich_stack) does the same for photos that Immich already has.
      - A photo that Immich already has is stacked as well. An existing stack is completed, never taken apart.
    type: list
    elements: str
    choices: [raw_jpeg, heic_jpeg, burst, edited, scans]
    default: []
  only_of_pair:
    description:
      - Of which pairs of files only one half is uploaded, and which one. The other half stays on the host, is counted in
        RV(skip_reasons) by the kind of pair. It needs O(after_upload=keep).
      - The two are in one folder, and are recognised as for O(stack), by their names and by the times and cameras in the files. A file
        without its other half is uploaded in any case, and so is one that is half of a live photo.
    type: dict
    suboptions:
      raw_jpeg:
        description:
          - Which one of a RAW file and its JPEG file is uploaded.
        type: str
        choices: [jpeg, raw]
      heic_jpeg:
        description:
          - Which one of a HEIC file and its JPEG file is uploaded.
        type: str
        choices: [heic, jpeg]
  favorite:
    description:
      - Whether to mark new files as favourites. Files that the server already has stay as they are.
    type: bool
    default: false
  visibility:
    description:
      - Where to show new files. Files that the server already has stay as they are. V(locked) allows neither albums nor tags.
    type: str
    choices: [timeline, archive, hidden, locked]
    default: timeline
  server_trash:
    description:
      - What to do with a file that is in the server's trash. V(leave) leaves it there, without album and tags. V(restore) restores it. In
        both cases it counts as a duplicate.
      - A file that was in the locked folder stays in the trash with V(restore) as well, with a warning, because no API key reaches it. To
        tell which one that is takes the scope C(asset.read). Without it, such a file keeps the others from being restored.
    type: str
    choices: [leave, restore]
    default: leave
  after_upload:
    description:
      - What to do with a local file once the server has exactly its bytes (not in the trash), in its albums and its stack, with its
        tags and with the people in it. V(keep) leaves it where it is, V(delete) deletes it, and V(move) moves it to O(move_to).
      - The tags of a new file are certain once the server has accepted both together, those of any other file when the server lists them.
        If the tags are not certain, because Immich has not read the file's metadata yet, the local file stays until the next run.
      - With O(stack), all files that may be in a stack stay until the stacks are made at the end of the upload, and so do those of an
        archive that are in one. RV(kept_for_stacks) counts those whose stack could not be made or completed yet, as when another file of it
        failed. They stay until the next run.
      - A photo of an archive stays while Immich does not show all of its people (O(with_people)), and RV(kept_for_people) counts it. That
        is so until Immich has made its preview, while Immich shows it with edits, and with O(with_people=names) until Immich has found a
        face in it.
      - Immediately before a file is deleted or moved, the server is asked again whether it has the bytes.
      - A file that failed, or that changed after it was read, stays. All files are read for this, even if they are in the checksum cache.
      - With V(delete), a sidecar is deleted with the last of its files if it was uploaded with all of them and has not changed. With
        V(move), it is moved with the last of its files in any case.
      - A file that was reached through a symbolic link inside a folder (with O(follow=true)) stays, whether the link is the file itself or
        a folder above it. A warning says so. Archives and what is in them stay as well.
    type: str
    choices: [keep, delete, move]
    default: keep
  move_to:
    description:
      - The folder that O(after_upload=move), which needs it, moves files to, as an absolute path. It is created if only the last folder of
        the path does not exist. The folders of a file below the one in O(src) are kept.
      - Nothing is overwritten. If a name is taken, C(~2) is added to it, as in C(IMG_1~2.jpg). What belongs together by its name, such as
        a photo, its sidecar and the video of a live photo, gets the same addition.
      - On another file system, a file is copied, read again and compared before it is deleted. The copy has its times and permissions, and
        as far as the user and the file system permit that, its owner, group, access list and extended attributes.
      - What already lies in this folder stays there, also if O(src) contains the folder. Leave it out with O(exclude) then, so that it is
        not read on each run.
    type: path
  checksum_cache:
    description:
      - Where to store the checksums of files, so that a file whose path, size, modification time and inode have not changed is not read
        again. V(true) means C(photoyard.immich/checksums.sqlite) in the user's cache folder, and V(false) means no cache. Any other value
        is a path.
      - It is an error if the path is a link, or a file that is not a checksum cache. A damaged cache is kept with C(.damaged) added to its
        name.
      - The server is always asked. The cache only says what the checksum of a file is, never that the server has the file.
    type: str
    default: "true"
  verify:
    description:
      - Whether to read every file, even if it is in the checksum cache, and update the cache.
    type: bool
    default: false
  concurrency:
    description:
      - How many files to upload at the same time, from 1 to 100.
    type: int
    default: 4
  bandwidth_limit:
    description:
      - The upload rate of all transfers together, in bytes per second or with a unit. Units are powers of 1024, so V(5M) is 5 MiB per
        second, about 42 Mbit/s.
    type: str
  max_failures:
    description:
      - How many files may fail without the task failing. All files are tried in any case.
    type: int
    default: 0
  report:
    description:
      - File on the managed host for a full report, with one JSON object per line. It is replaced at each run. The filter
        P(photoyard.immich.report_html#filter) turns it into a web page.
      - There is a line for each file, as soon as its outcome is known, and a first and a last line about the run.
        R(The guide,ansible_collections.photoyard.immich.docsite.report_format) describes them.
      - The upload does not begin if the path is a link or not a regular file, or if there is a file that is not the report of an upload, a
        copy or an archive.
    type: path
  return_assets:
    description:
      - The maximum number of files listed in RV(assets). The O(report) always lists all files.
    type: int
    default: 0
requirements:
  - The Python library exifread, 2.3 or later, on the managed host, for exports (except Picasa's), O(live_photos), O(stack),
    O(only_of_pair), O(time_zone), O(taken_after) and O(taken_before)
notes:
  - The key needs the scope C(asset.upload); for albums C(album.read), C(album.create), C(albumAsset.create) and C(asset.read); for tags,
    which are O(tags), O(new_tags) and O(tags_from), C(tag.read), C(tag.create), C(tag.asset) and C(asset.read); for
    O(existing_metadata=complete) C(asset.read) and C(asset.update); for O(stack) C(stack.read), C(stack.create), C(asset.read) and, with
    O(stack_cover), C(stack.update); for O(server_trash=restore) C(asset.delete); for the people of an archive those that
    M(photoyard.immich.immich_copy) needs on its target. If scopes are missing, the task fails at the start and names them. The scopes for
    the albums and people of an export are checked before its first file is uploaded. Those for live photos are not required.
  - Until the server has read a file's metadata, the file is shown with the date of its last modification.
  - In paths and names, each byte that is not valid UTF-8 is shown as C(\xNN). In messages and differences, control characters are shown
    as C(\xNN) or C(\uNNNN).
  - A line of progress is shown every 5 seconds, and one at the end, but not with C(async). To change the interval in seconds, set the
    variable C(immich_upload_progress_interval) or the controller's environment variable E(ANSIBLE_IMMICH_PROGRESS_INTERVAL). V(0) turns
    progress off.
seealso:
  - module: photoyard.immich.immich_jobs
  - module: photoyard.immich.immich_info
  - plugin: photoyard.immich.report_html
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Upload a photo library, with an album for each folder
  photoyard.immich.immich_upload:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    src: /volume1/photo
    album_from: folder

- name: Upload this year's photos from two folders to one album, with tags
  photoyard.immich.immich_upload:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    src:
      - /home/anna/Pictures/2026*
      - /home/ben/Pictures/2026*
    types: [image]
    album: Family 2026
    tags: [Family, Year/2026]

- name: Upload an export of Google Photos from all of its parts
  photoyard.immich.immich_upload:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    src: /volume1/takeout/takeout-*.zip

- name: Upload from a camera's memory card, and delete what the server has
  photoyard.immich.immich_upload:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    src: /media/card/DCIM
    after_upload: delete
    report: /var/log/immich-upload.jsonl

- name: Upload what scanners put into a folder, and move what the server has to another one
  photoyard.immich.immich_upload:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    src: /srv/scans/new
    after_upload: move
    move_to: /srv/scans/uploaded
"""

RETURN = r"""
uploaded:
  description: How many files were uploaded. In check mode, how many would be.
  returned: success, and failure after the upload began
  type: int
duplicates:
  description: How many files the server already had, including identical files in one run.
  returned: success, and failure after the upload began
  type: int
counts:
  description:
    - How many files had which outcome. In check mode, the numbers that the run would return.
    - They are in a dictionary of their own because Ansible gives C(skipped) and C(failed) at the top level of a result another meaning.
  returned: success, and failure after the upload began
  type: dict
  contains:
    uploaded:
      description: Files that were uploaded.
      type: int
    duplicates:
      description: Files that the server already had, including identical files in one run.
      type: int
    skipped:
      description:
        - Files of other types, links that are not followed, special files, such as pipes, that have the name of a photo, and what is left
          out of an export.
      type: int
    failed:
      description: Files and folders that failed. A file that was uploaded but could not be added to its album is also counted here.
      type: int
    missing_paths:
      description: Paths and globs in O(src) for which there is nothing on the host. They count as failures, but not in RV(counts.failed).
      type: int
    restored:
      description: Files that were restored from the trash.
      type: int
    in_trash:
      description: Files that are in the server's trash and stay there. They are among the duplicates.
      type: int
    deleted_local:
      description: Local files that were deleted.
      type: int
    moved_local:
      description: Local files that were moved to O(move_to).
      type: int
    albums_created:
      description: Albums that were created.
      type: int
    albums_added_to:
      description: Albums that were there before and to which files were added.
      type: int
    tags_given:
      description: How many times a tag was given to a file.
      type: int
skip_reasons:
  description:
    - How many files were skipped, by the reason. The reason for a file of another type is its extension, in lower case with the dot.
      There are at most 50 keys; all other files are counted as C(other).
    - C(link) counts symbolic links that have the name of a photo or video (they are followed only with O(follow=true)), or lie in an
      archive. C(special file) counts pipes, sockets and devices.
    - C(raw_jpeg) and C(heic_jpeg) count what O(only_of_pair) leaves out.
    - C(date) counts what O(taken_after) and O(taken_before) leave out.
    - In an export, C(trashed), C(archived), C(partner), C(locked) and C(unmatched) count what O(export_trash), O(export_archived),
      O(export_partner), O(export_locked) and O(export_unmatched) leave out, and C(waiting) what O(export_unmatched=wait) does. C(album)
      counts what O(export_albums) leaves out, C(sidecar) metadata files without a photo, C(duplicate) files that are in two parts,
      C(embedded) the videos of motion photos, which the photos contain as well, C(hidden) photos and videos whose names begin with a
      dot, unless O(hidden=true), C(other product) files of other Google products, C(memory) lists of memories that Apple put together,
      and C(original) the originals of photos that were edited in Picasa.
  returned: success, and failure after the upload began
  type: dict
  sample: {".txt": 3}
bytes_sent:
  description: The total size of the uploaded files, in bytes.
  returned: success, and failure after the upload began
  type: int
seconds:
  description: How many seconds the upload took.
  returned: success, and failure after the upload began
  type: float
failures:
  description:
    - The first 100 failures, those of paths in O(src) that are missing before all others. The O(report) has all of them. The first ten are
      also printed, one per line.
    - If the task fails, what is empty is left out of the result, because Ansible prints all of it.
  returned: success, and failure after the upload began
  type: list
  elements: dict
  contains:
    path:
      description: The file or folder.
      type: str
    kind:
      description: The kind of failure, as in RV(ignore:failure).
      type: str
    msg:
      description: What happened.
      type: str
user:
  description: Whose photos they are, the user of O(api_key). Null without the scope C(user.read), which an upload does not need.
  returned: success, and failure after the upload began
  type: dict
  contains:
    name:
      description: The user's name.
      type: str
    email:
      description: The user's e-mail address.
      type: str
assets:
  description: The first O(return_assets) files that the server has; empty by default.
  returned: success, and failure after the upload began
  type: list
  elements: dict
  contains:
    path:
      description: The local file.
      type: str
    id:
      description: The asset's id; null for a new file in check mode.
      type: str
    status:
      description: V(created), V(duplicate), or V(in_trash) for a duplicate in the trash.
      type: str
albums:
  description: The albums that were created or added to, by name.
  returned: success, and failure after the upload began
  type: list
  elements: dict
  contains:
    name:
      description: The album's name.
      type: str
    id:
      description: The album's id; null for one that would be created.
      type: str
    created:
      description: Whether it was created.
      type: bool
    added:
      description: How many files were added.
      type: int
    origin:
      description: The file of an export or the folder that names the album; null for those of O(album) and O(album_id).
      type: str
tags:
  description: The tags that were created or given to files.
  returned: success, and failure after the upload began
  type: list
  elements: dict
  contains:
    name:
      description: The tag with its parents, such as V(Trip/Rome).
      type: str
    id:
      description: The tag's id; null for one that would be created.
      type: str
    created:
      description: Whether it was created.
      type: bool
    added:
      description: How many files were given this tag.
      type: int
tags_to_be_read:
  description:
    - How many files that were there before do not show their tags, because Immich has yet to read their metadata. What was sent with its
      tags has them then. The next run tags the others.
  returned: success, and failure after the upload began
  type: int
live_photos:
  description: How many live photos were put together from a photo and its video.
  returned: success, and failure after the upload began
  type: int
people:
  description: How many people of an archive were created, and how many faces they got.
  returned: success, and failure after the upload began
  type: dict
  contains:
    created:
      description: People who are new.
      type: int
    faces_added:
      description: Faces that were marked.
      type: int
    faces_named:
      description: Faces that Immich had found by itself and that were given to a person.
      type: int
kept_for_stacks:
  description: How many local files were kept in spite of O(after_upload), because their stack could not be made or completed yet.
  returned: success, and failure after the upload began
  type: int
kept_for_people:
  description:
    - How many other local files were kept in spite of O(after_upload), because Immich does not show all of the people in them yet.
  returned: success, and failure after the upload began
  type: int
stacks:
  description: How many stacks were made or changed.
  returned: success, and failure after the upload began
  type: dict
  contains:
    created:
      description: Stacks that are new.
      type: int
    completed:
      description: Stacks that further photos were added to.
      type: int
    cover_changed:
      description: Stacks that got another cover.
      type: int
    left_alone:
      description: Photos that belong together, but are in different stacks already.
      type: int
metadata_completed:
  description: How many files that Immich already had got metadata that it did not have, with O(existing_metadata=complete).
  returned: success, and failure after the upload began
  type: int
export:
  description:
    - What was found in an export. It is null if O(src) is not an export. In check mode, it is what the run would return.
    - RV(export.files) is the sum of RV(export.media), C(metadata) in RV(export.rules), RV(export.skip_reasons) and
      RV(export.unreadable).
  returned: success, and failure after the upload began
  type: dict
  contains:
    layout:
      description: Which export it is, as in O(layout).
      type: str
    title:
      description: The same as a name for people.
      type: str
      sample: Google Takeout
    parts:
      description: How many archives and folders it consists of.
      type: int
    files:
      description: How many files it has, whatever they are.
      type: int
    media:
      description:
        - How many photos and videos of it are uploaded, or are already in Immich. A photo that is in the export twice, such as in an album
          and in the folder of its year, counts twice. Those that O(taken_after) and O(taken_before) leave out are among them.
      type: int
    live_photos:
      description: How many pairs of a photo and its video are among them.
      type: int
    albums:
      description: How many albums it has.
      type: int
    rules:
      description:
        - Which rule placed how many of the photos and videos.
        - C(exact), C(truncated), C(numbered), C(name) and C(checksum) say how the metadata of a file was found, by its full name, by a
          name that the export had truncated, by the number in its name, by another form of its name, or by a checksum.
        - C(edited) are edited copies, with the metadata of their originals, C(live) the videos of live photos, with the metadata of their
          photos, and C(album) photos of a shared album of iCloud.
        - C(none) are photos that the export says nothing about. C(ambiguous) are those that several metadata files could belong to, of
          which none was used.
        - C(metadata) counts the metadata files that were read.
      type: dict
      sample: {"exact": 12151, "truncated": 37, "live": 214, "metadata": 12402, "none": 12}
    skip_reasons:
      description: How many of its files were skipped, as in RV(skip_reasons).
      type: dict
      sample: {"trashed": 3, ".html": 1}
    unreadable:
      description: How many of its files cannot be read. They are among the failures.
      type: int
    missing:
      description: Which parts of it are missing or cannot be read, as a text, as far as that is known. It is empty if nothing is.
      type: str
      sample: part 3 is missing
    unused:
      description: How many metadata files belong to no photo.
      type: int
    unused_files:
      description: The first 100 of them. The O(report) has all.
      type: list
      elements: dict
      contains:
        path:
          description: The file.
          type: str
        reason:
          description: Why it does not belong to a photo.
          type: str
report:
  description: The report's path; null without one.
  returned: success, and failure after the upload began
  type: str
pause:
  description:
    - The result of the pause, as M(photoyard.immich.immich_jobs) returns it, such as C(paused), C(left_paused) and C(healed). If the
      queues could not be paused, it has C(msg) and C(failure). In check mode, it is the result that the run would return.
    - C(seconds) says how long the queues were paused, once they were resumed. C(paused_again) lists the queues that Immich resumed
      meanwhile, as it does when it starts, and that were paused again.
    - If nothing had to be paused, it has only C(healed) and C(expired_leases).
  returned: with O(pause_queues), after the upload began
  type: dict
resume:
  description:
    - The result of releasing the pause, as M(photoyard.immich.immich_jobs) returns it, such as C(resumed). If the pause could not be
      released, it has C(failed), C(msg) and C(failure). It is null if there was no pause, as in check mode.
    - If this is the only thing that goes wrong, the task fails with C(still_paused), a list of queues, in RV(ignore:failure.details). Where
      the queues run again, and only the record of the pause could not be removed, as on a full disk, it fails without that.
  returned: with O(pause_queues), after the upload began
  type: dict
lease:
  description: The lease that is still held because it could not be released, as in M(photoyard.immich.immich_jobs); null otherwise.
  returned: with O(pause_queues), after the upload began
  type: dict
"""

from functools import partial
from typing import Any, Mapping, Optional

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec, from_params, parse_moment
from ansible_collections.photoyard.immich.plugins.module_utils._paused import PAUSE, paused
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import RunLines
from ansible_collections.photoyard.immich.plugins.module_utils._upload.options import UploadOptions
from ansible_collections.photoyard.immich.plugins.module_utils._upload.run import UPLOAD, upload

SPEC = _module.CONNECTION + PAUSE + _module.Spec(argument_spec(UploadOptions), required_if=[("after_upload", "move", ("move_to",))])


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Uploads, or in check mode predicts what that would do."""
    with RunLines() as lines, paused(client, params, check_mode, UPLOAD.infinitive, lines) as hooks:
        lines.outcome.result = upload(client, _options(params), hooks, check_mode=check_mode)
    return lines.outcome.result


def _options(params: Mapping[str, Any]) -> UploadOptions:
    return from_params(
        UploadOptions,
        params,
        taken_after=partial(_seconds, "taken_after", end_of_day=False),
        taken_before=partial(_seconds, "taken_before", end_of_day=True),
        bandwidth_limit=_module.bandwidth,
    )


def _seconds(name: str, value: Optional[str], *, end_of_day: bool) -> Optional[float]:
    """A moment in seconds since 1970."""
    moment = parse_moment(name, value, end_of_day=end_of_day)
    return None if moment is None else moment.timestamp()


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich, asks_version=False)  # the guard is forked first, before anything that may take long


if __name__ == "__main__":
    main()
