# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of a server on which nobody changed anything: only to predict what becomes of one that has no administrator yet.

Read with `GET /system-config/defaults` from 1.135.3, 2.7.5 and 3.1.0. Any other server is asked.
"""

from __future__ import annotations

from typing import Any, Dict

from ..._client import versions
from .. import normalise

_OLDEST: Dict[str, Any] = {
    "backup": {"database": {"enabled": True, "cronExpression": "0 02 * * *", "keepLastAmount": 14}},
    "ffmpeg": {
        "crf": 23,
        "threads": 0,
        "preset": "ultrafast",
        "targetVideoCodec": "h264",
        "acceptedVideoCodecs": ["h264"],
        "targetAudioCodec": "aac",
        "acceptedAudioCodecs": ["aac", "mp3", "libopus", "pcm_s16le"],
        "acceptedContainers": ["mov", "ogg", "webm"],
        "targetResolution": "720",
        "maxBitrate": "0",
        "bframes": -1,
        "refs": 0,
        "gopSize": 0,
        "temporalAQ": False,
        "cqMode": "auto",
        "twoPass": False,
        "preferredHwDevice": "auto",
        "transcode": "required",
        "accel": "disabled",
        "accelDecode": False,
        "tonemap": "hable",
    },
    "logging": {"enabled": True, "level": "log"},
    "machineLearning": {
        "enabled": True,
        "urls": ["http://immich-machine-learning:3003"],
        "clip": {"enabled": True, "modelName": "ViT-B-32__openai"},
        "duplicateDetection": {"enabled": True, "maxDistance": 0.01},
        "facialRecognition": {"enabled": True, "modelName": "buffalo_l", "minScore": 0.7, "maxDistance": 0.5, "minFaces": 3},
    },
    "map": {
        "enabled": True,
        "lightStyle": "https://tiles.immich.cloud/v1/style/light.json",
        "darkStyle": "https://tiles.immich.cloud/v1/style/dark.json",
    },
    "newVersionCheck": {"enabled": True},
    "oauth": {
        "autoLaunch": False,
        "autoRegister": True,
        "buttonText": "Login with OAuth",
        "clientId": "",
        "clientSecret": "",
        "tokenEndpointAuthMethod": "client_secret_post",
        "timeout": 30000,
        "defaultStorageQuota": None,
        "enabled": False,
        "issuerUrl": "",
        "mobileOverrideEnabled": False,
        "mobileRedirectUri": "",
        "scope": "openid email profile",
        "signingAlgorithm": "RS256",
        "profileSigningAlgorithm": "none",
        "storageLabelClaim": "preferred_username",
        "storageQuotaClaim": "immich_quota",
    },
    "passwordLogin": {"enabled": True},
    "reverseGeocoding": {"enabled": True},
    "metadata": {"faces": {"import": False}},
    "storageTemplate": {"enabled": False, "hashVerificationEnabled": True, "template": "{{y}}/{{y}}-{{MM}}-{{dd}}/{{filename}}"},
    "job": {
        "thumbnailGeneration": {"concurrency": 3},
        "metadataExtraction": {"concurrency": 5},
        "videoConversion": {"concurrency": 1},
        "smartSearch": {"concurrency": 2},
        "migration": {"concurrency": 5},
        "backgroundTask": {"concurrency": 5},
        "search": {"concurrency": 5},
        "faceDetection": {"concurrency": 2},
        "sidecar": {"concurrency": 5},
        "library": {"concurrency": 5},
        "notifications": {"concurrency": 5},
    },
    "image": {
        "thumbnail": {"format": "webp", "quality": 80, "size": 250},
        "preview": {"format": "jpeg", "quality": 80, "size": 1440},
        "fullsize": {"enabled": False, "format": "jpeg", "quality": 80},
        "colorspace": "p3",
        "extractEmbedded": False,
    },
    "trash": {"enabled": True, "days": 30},
    "theme": {"customCss": ""},
    "library": {"scan": {"enabled": True, "cronExpression": "0 0 * * *"}, "watch": {"enabled": False}},
    "notifications": {
        "smtp": {
            "enabled": False,
            "from": "",
            "replyTo": "",
            "transport": {"ignoreCert": False, "host": "", "port": 587, "username": "", "password": ""},
        }
    },
    "templates": {"email": {"albumInviteTemplate": "", "welcomeTemplate": "", "albumUpdateTemplate": ""}},
    "server": {"externalDomain": "", "loginPageMessage": "", "publicUsers": True},
    "user": {"deleteDelay": 7},
}

_SINCE_2: Dict[str, Any] = {
    "ffmpeg": {"acceptedAudioCodecs": ["aac", "mp3", "opus"]},
    "machineLearning": {
        "availabilityChecks": {"enabled": True, "timeout": 2000, "interval": 30000},
        "ocr": {
            "enabled": True,
            "modelName": "PP-OCRv5_mobile",
            "maxResolution": 736,
            "minDetectionScore": 0.5,
            "minRecognitionScore": 0.8,
        },
    },
    "nightlyTasks": {
        "startTime": "00:00",
        "databaseCleanup": True,
        "missingThumbnails": True,
        "clusterNewFaces": True,
        "generateMemories": True,
        "syncQuotaUsage": True,
    },
    "oauth": {"roleClaim": "immich_role"},
    "job": {"ocr": {"concurrency": 1}, "workflow": {"concurrency": 5}, "editor": {"concurrency": 2}},
    "image": {"thumbnail": {"progressive": False}, "preview": {"progressive": False}, "fullsize": {"progressive": False}},
    "notifications": {"smtp": {"transport": {"secure": False}}},
}

_SINCE_3: Dict[str, Any] = {
    "ffmpeg": {"accelDecode": True, "realtime": {"enabled": False, "videoCodecs": ["h264", "hevc"], "resolutions": [480, 720, 1080]}},
    "newVersionCheck": {"channel": "stable"},
    "oauth": {"allowInsecureRequests": False, "prompt": "", "endSessionEndpoint": ""},
    "job": {"integrityCheck": {"concurrency": 1}},
    "integrityChecks": {
        "missingFiles": {"enabled": True, "cronExpression": "0 03 * * *"},
        "untrackedFiles": {"enabled": True, "cronExpression": "0 03 * * *"},
        "checksumFiles": {"enabled": True, "cronExpression": "0 03 * * *", "timeLimit": 3600000, "percentageLimit": 1},
    },
}


def config_defaults(version: versions.Version) -> Dict[str, Any]:
    """The leaves of the configuration, by their dotted names."""
    leaves = normalise.leaves(_OLDEST)
    for since, differs in ((versions.SETTINGS_2, _SINCE_2), (versions.SETTINGS_3, _SINCE_3)):
        if version >= since:
            leaves.update(normalise.leaves(differs))
    return leaves
