# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration: any part of one document, and what Immich makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.objects import ObjectCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import ImmichError
from behaviour.resources.conftest import VERSIONS, Declaring
from immich_emulator.testing import Emulator
from support.collection import InvalidRequest
from support.photos.people import account_with_faces
from support.tiers import newest_in_test


@pytest.fixture(params=newest_in_test(*VERSIONS))
def declare(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Declaring:
    """Declares to a server of its own: there is only one configuration."""
    return Declaring(emulator(version=request.param))


def config_of(declare: Declaring) -> Any:
    return declare.api("GET", "/system-config")


@pytest.mark.parametrize(
    "config",
    [
        {"server": {"externalDomain": "https://Photos.Example.com:443/x/"}},
        {"ffmpeg": {"targetVideoCodec": "hevc", "acceptedVideoCodecs": ["h264"]}},
        {"oauth": {"buttonText": ""}},
        {"ffmpeg": {"acceptedAudioCodecs": ["mp3", "aac"]}},
        {"trash": {"days": "45", "enabled": "false"}},
        {"oauth": {"defaultStorageQuota": 5}},
    ],
    ids=["domain", "codec", "empty", "set", "texts", "nullable"],
)
def test_config_rewritten_by_immich_is_unchanged(declare: Declaring, config: dict[str, Any]) -> None:
    declare.one("config", config=config)
    result: dict[str, Any] = {}
    assert declare.writes(lambda: result.update(declare.one("config", config=config))) == []
    assert (result["changed"], result["diff"]) == (False, {"before": "", "after": ""})


def test_config_changes_given_settings_only(declare: Declaring) -> None:
    before = config_of(declare)
    ((_method, path, body),) = declare.writes(lambda: declare.one("config", config={"trash": {"days": 31}}))
    assert (path, body) == ("/system-config", {**before, "trash": {**before["trash"], "days": 31}})
    assert config_of(declare) == body


def test_unknown_setting_is_an_error_by_name(declare: Declaring) -> None:
    config: dict[str, Any] = {"trash": {"day": 31, "days": 31}, "nothing": {"at": {"all": 1}}}
    with pytest.raises(InvalidRequest, match=r"has no setting nothing\.at\.all, trash\.day in config\."):
        declare.one("config", config=config)
    assert config_of(declare)["trash"]["days"] == 30
    result = declare.one("config", config=config, strict=False)
    assert (result["fields"], len(result["warnings"])) == (["trash.days"], 1)


@pytest.mark.parametrize("value", [None, "", "high", 5, [{"crf": 23}]], ids=["null", "empty", "text", "number", "list"])
@pytest.mark.parametrize("strict", [True, False])
def test_value_in_place_of_a_group_is_refused_as_such(declare: Declaring, value: Any, strict: bool) -> None:
    with pytest.raises(InvalidRequest, match=r"^ffmpeg is a group of settings"):
        declare.one("config", config={"ffmpeg": value, "trash": {"days": 31}}, strict=strict)
    with pytest.raises(InvalidRequest, match=r"^notifications\.smtp\.transport is a group of settings"):
        declare.one("config", config={"notifications": {"smtp": {"transport": value}}}, strict=strict)
    assert config_of(declare)["trash"]["days"] == 30


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"server": {"externalDomain": "photos.example.com"}}, "server.externalDomain"),
        ({"server": {"externalDomain": "https://"}}, "server.externalDomain"),
        ({"server": {"externalDomain": "https://photos.example.com:22O83"}}, "server.externalDomain"),
        ({"oauth": {"issuerUrl": "auth.example.com"}}, "oauth.issuerUrl"),
        ({"oauth": {"endSessionEndpoint": "/logout"}}, "oauth.endSessionEndpoint"),
        ({"oauth": {"mobileOverrideEnabled": True, "mobileRedirectUri": "photos.example.com/x"}}, "oauth.mobileRedirectUri"),
        ({"map": {"lightStyle": "style.json"}}, "map.lightStyle"),
    ],
    ids=["domain", "no-host", "port", "issuer", "logout", "redirect", "map"],
)
def test_config_refuses_invalid_url_before_writing(declare: Declaring, config: dict[str, Any], path: str) -> None:
    before = declare.api("GET", "/system-config")
    group, setting = path.split(".")
    words = f"{path} must be a URL such as https://photos.example.com, or empty, not '" if setting in before[group] else "has no setting"
    user = {"email": "new@example.com", "name": "New", "password": "secret"}
    for check in (True, False):
        with pytest.raises(InvalidRequest, match=re.escape(words)):
            declare({"config": [{"config": config}], "users": [user]}, check=check)
    assert declare.server.requests(writes=True) == []
    if declare.server.version.startswith("3"):
        with pytest.raises(requests.HTTPError):
            declare.api("PUT", "/system-config", {**before, group: {**before[group], **config[group]}})


def test_config_allows_any_text_in_disabled_url(declare: Declaring) -> None:
    declare.one("config", config={"oauth": {"mobileRedirectUri": "later"}})
    with pytest.raises(InvalidRequest, match="mobileRedirectUri must be a URL"):
        declare.one("config", config={"oauth": {"mobileOverrideEnabled": True}}, check=True)
    declare.one("config", config={"oauth": {"mobileOverrideEnabled": True, "mobileRedirectUri": "app.immich:///oauth-callback"}})
    assert config_of(declare)["oauth"]["mobileRedirectUri"] == "app.immich:///oauth-callback"


def test_config_refuses_null_unless_meaningful(declare: Declaring) -> None:
    with pytest.raises(InvalidRequest, match=r"trash\.days is empty"):
        declare.one("config", config={"trash": {"days": None}})
    declare.one("config", config={"oauth": {"defaultStorageQuota": 5}})
    declare.one("config", config={"oauth": {"defaultStorageQuota": None}})
    assert config_of(declare)["oauth"]["defaultStorageQuota"] is None


def test_number_in_place_of_null_may_be_a_text(declare: Declaring) -> None:
    declare.one("config", config={"oauth": {"defaultStorageQuota": None}})
    text = {"oauth": {"defaultStorageQuota": "7"}}
    checked = declare.one("config", config=text, check=True)
    assert declare.one("config", config=text)["diff"] == checked["diff"]
    assert declare.api("GET", "/system-config")["oauth"]["defaultStorageQuota"] == 7
    assert declare.one("config", config=text)["changed"] is False
    declare.one("config", config={"oauth": {"defaultStorageQuota": None}})
    with pytest.raises(InvalidRequest, match=r"oauth\.defaultStorageQuota must be a number, not 'much'"):
        declare.one("config", config={"oauth": {"defaultStorageQuota": "much"}}, check=True)


def test_configuration_file_is_an_error_unless_all_is_equal(declare: Declaring) -> None:
    declare.server.switch(config_file=True)
    assert declare.one("config", config={"trash": {"days": 30}})["changed"] is False
    for check in (True, False):
        with pytest.raises(InvalidRequest, match=r"from a file \(IMMICH_CONFIG_FILE\), and nothing else can change it: trash.days"):
            declare.one("config", config={"trash": {"days": 31}}, check=check)


def test_refused_mail_server_leaves_nothing_half_done(declare: Declaring) -> None:
    smtp: dict[str, Any] = {"enabled": True, "from": "a@x.org", "transport": {"host": "mail.example.com", "password": "s3cret"}}
    checked = declare.one("config", config={"notifications": {"smtp": smtp}, "trash": {"days": 31}}, check=True)
    assert checked["warnings"][0].startswith("Immich connects to the mail server when notifications.smtp.enabled, ")
    with pytest.raises(ImmichError, match="Invalid SMTP configuration") as caught:
        declare.one("config", config={"notifications": {"smtp": smtp}, "trash": {"days": 31}})
    assert "s3cret" not in str(caught.value) + str(caught.value.failure()) + str(caught.value.result)
    assert config_of(declare)["trash"]["days"] == 30


def test_mail_server_switched_off_is_not_warned_of(declare: Declaring) -> None:
    smtp = {"enabled": False, "from": "a@x.org"}
    checked = declare.one("config", config={"notifications": {"smtp": smtp}, "trash": {"days": 31}}, check=True)
    assert (checked["changed"], checked["warnings"]) == (True, [])


def test_log_level_of_the_environment_is_the_servers_to_say(declare: Declaring) -> None:
    declare.server.switch(log_level=True)
    with pytest.raises(ImmichError, match="IMMICH_LOG_LEVEL"):
        declare.one("config", config={"logging": {"level": "debug"}})


def test_another_search_model_needs_permission(declare: Declaring) -> None:
    config: dict[str, Any] = {"machineLearning": {"clip": {"modelName": "ViT-L-14__openai"}}}
    with pytest.raises(InvalidRequest, match="Set allow_reindex to true"):
        declare.one("config", config=config, check=True)
    result = declare.one("config", config=config, allow_reindex=True)
    assert result["follow_up"] == [
        {"queue": "smartSearch", "command": "start_all", "because_of": ["machineLearning.clip.modelName"]},
    ]
    assert declare.one("config", config=config)["changed"] is False


def test_follow_up_starts_the_queue(declare: Declaring) -> None:
    config: dict[str, Any] = {"storageTemplate": {"template": "{{y}}/{{filename}}"}}
    writes = declare.writes(lambda: declare.one("config", config=config, start_follow_up=True))
    assert writes[1:] == [("PUT", "/jobs/storageTemplateMigration", {"command": "start", "force": False})]
    assert declare.writes(lambda: declare.one("config", config=config, start_follow_up=True)) == []


@pytest.mark.parametrize("check", [True, False])
def test_follow_up_refuses_to_lose_faces(declare: Declaring, check: bool) -> None:
    account_with_faces(declare.server)
    config: dict[str, Any] = {"machineLearning": {"facialRecognition": {"modelName": "antelopev2"}}}
    with pytest.raises(InvalidRequest) as caught:
        declare.one("config", config=config, start_follow_up=True, check=check)
    assert (caught.value.options, caught.value.failure()["details"]["photos"]) == (("allow_lost_faces", "start_follow_up"), 1)
    assert declare.server.requests(writes=True) == []
    result = declare.one("config", config=config, start_follow_up=True, allow_lost_faces=True, check=check)
    assert (result["changed"], result["follow_up_started"]) == (True, True)
    assert result["follow_up"][0]["queue"] == "faceDetection"


def test_secrets_are_compared_and_masked(declare: Declaring) -> None:
    secret = "s3cret \"'\n: {{ x }}"
    config: dict[str, Any] = {"oauth": {"clientSecret": secret}}
    result = declare.one("config", config=config)
    assert result["diff"] == {
        "before": 'configuration: {oauth.clientSecret: ""}\n',
        "after": 'configuration: {oauth.clientSecret: "******** (another one)"}\n',
    }
    assert config_of(declare)["oauth"]["clientSecret"] == secret
    assert declare.one("config", config=config)["changed"] is False
    assert "s3cret" not in str(result) + str(declare.export("config"))


def test_reset_and_replace_bring_defaults_back(declare: Declaring) -> None:
    declare.one("config", config={"trash": {"days": 31}, "ffmpeg": {"crf": 20, "threads": 2}, "user": {"deleteDelay": 9}})
    result = declare.one("config", config={"ffmpeg": {"crf": 21}}, reset=["ffmpeg"])
    assert result["fields"] == ["ffmpeg.crf", "ffmpeg.threads"]
    assert declare.one("config", reset=["trash.days"])["fields"] == ["trash.days"]
    assert declare.one("config", config={"ffmpeg": {"crf": 21}}, replace=True)["fields"] == ["user.deleteDelay"]
    assert declare.one("config", config={"ffmpeg": {"crf": 21}}, replace=True)["changed"] is False
    with pytest.raises(InvalidRequest, match="reset names nothing"):
        declare.one("config", reset=["nothing"])


def test_text_is_not_taken_for_a_number(declare: Declaring) -> None:
    with pytest.raises(InvalidRequest, match=r"trash.days must be a number, not 'many'"):
        declare.one("config", config={"trash": {"days": "many"}})
    with pytest.raises(InvalidRequest, match=r"trash.enabled must be true or false"):
        declare.one("config", config={"trash": {"enabled": "perhaps"}})


def test_groups_of_a_newer_server_pass_through(declare: Declaring) -> None:
    declare.server.fault("GET", "/system-config", times=1, status=200, json={**config_of(declare), "future": {"x": [1]}})
    ((_method, _path, body),) = declare.writes(lambda: declare.one("config", config={"trash": {"days": 31}}))
    assert body["future"] == {"x": [1]}


def test_config_change_undone_by_others_is_repeated(declare: Declaring, monkeypatch: pytest.MonkeyPatch) -> None:
    before = config_of(declare)
    send = ObjectCalls.send
    stale = [{**before, "trash": {**before["trash"], "days": 77}}]  # read before, as by a task that runs at the same time

    def send_and_be_overwritten(calls: ObjectCalls, method: str, path: str, body: Any = None) -> Any:
        answer = send(calls, method, path, body)
        if stale:
            declare.api("PUT", "/system-config", stale.pop())
        return answer

    monkeypatch.setattr(ObjectCalls, "send", send_and_be_overwritten)
    result = declare.one("config", config={"user": {"deleteDelay": 3}})
    assert (result["changed"], result["fields"]) == (True, ["user.deleteDelay"])
    after = config_of(declare)
    assert (after["user"]["deleteDelay"], after["trash"]["days"]) == (3, 77)


def test_configuration_is_read_once_for_users_as_well(declare: Declaring) -> None:
    declare.server.clear_requests()
    user = {"email": "once@x.org", "name": "Once", "password": "pw", "is_admin": True}
    declare({"config": [{"config": {"trash": {"enabled": True}}}], "users": [user]}, check=True)
    assert [one["path"] for one in declare.server.requests()].count("/system-config") == 1
