# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus's own promtool on the alert rules and on the dashboard; both know only metrics that the playbook writes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.photoyard.immich.plugins.filter._prometheus import prometheus
from support.playbooks.playbook import REPOSITORY
from support.playbooks.readme import examples

FOLDER = REPOSITORY / "extensions" / "monitoring"
RULES = FOLDER / "prometheus_rules.yml"
DASHBOARD = json.loads((FOLDER / "grafana_dashboard.json").read_text(encoding="utf-8"))
GUIDE_FILE = REPOSITORY / "docs" / "docsite" / "rst" / "guide_monitoring.rst"
GRID = 24
"""How many columns a dashboard has."""

QUEUE = {"name": "ocr", "paused": True, "active": 0, "waiting": 0, "delayed": 0, "failed": 0}
LEASE = {"holder": "nas", "ledger": "file", "queues": ["ocr"], "expired": False, "ending": False, "expires_at": "2026-01-31T02:30:00Z"}
PROOF = {"proven": True, "time": "2026-01-31T02:40:00Z", "seconds": 4.2, "counts": {"users": 2, "assets": 500}, "error": None}
BACKUP = {"created": "2026-01-31T02:30:00Z", "size": 1000, "proof": PROOF}
METRICS = prometheus(
    {"queues": [QUEUE], "leases": [LEASE]},
    server={"version": "3.1.0", "newest_version": {"version": "3.2.0"}},
    integrity={"counts": {"untracked": 0, "missing": 0, "checksum": 0}},
    backups={"backups": [BACKUP], "newest": BACKUP, "fetched": [BACKUP], "newest_proven": BACKUP, "newest_restored": BACKUP},
)
WRITTEN = set(re.findall(r"^# TYPE (\w+) gauge$", METRICS, re.MULTILINE))
NAME = re.compile(r"\b(?:immich|node)_\w+\b")


def promtool(*arguments: str | Path, folder: Path, given: str | None = None) -> str:
    """The output of promtool, which must succeed."""
    path = shutil.which("promtool")
    assert path, "make packages installs it"
    run = subprocess.run([path, *arguments], cwd=folder, input=given, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def queries() -> Iterator[str]:
    """The dashboard's queries, for one host."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$instance", "nas")


def rules() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    return found


@pytest.mark.long
@pytest.mark.check
def test_alert_rules_pass_promtool_tests(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    shutil.copy(Path(__file__).with_name("rules_test.yml"), tmp_path)
    promtool("test", "rules", "rules_test.yml", folder=tmp_path)
    tested = (tmp_path / "rules_test.yml").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in rules() if rule["alert"] not in tested] == []


@pytest.mark.check
def test_queries_of_the_dashboard_can_be_asked(tmp_path: Path) -> None:
    as_rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries())]
    (tmp_path / "dashboard.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": as_rules}]}))
    assert f"SUCCESS: {len(as_rules)} rules found" in promtool("check", "rules", "dashboard.yml", folder=tmp_path)


@pytest.mark.check
def test_queries_use_written_metrics_only(tmp_path: Path) -> None:
    asked = {name for text in [*queries(), *(rule["expr"] for rule in rules())] for name in NAME.findall(text)}
    assert asked - {"node_textfile_mtime_seconds"} == WRITTEN
    assert promtool("check", "metrics", folder=tmp_path, given=METRICS) == ""


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x + place["x"], y + place["y"]) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < GRID
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_panel_without_data_says_so_and_is_not_green(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["noValue"]
    if panel["type"] == "stat":
        without_value = defaults["thresholds"]["steps"][0]
        assert without_value["value"] is None
        assert without_value["color"] == ("orange" if panel["title"] == "Immich" else "blue")
        # By name, Grafana shows the name of a series, and an empty tile where there is no series, whatever noValue says.
        assert panel["options"]["textMode"] == "auto"


def test_panels_select_single_host() -> None:
    (instance,) = (variable for variable in DASHBOARD["templating"]["list"] if variable["name"] == "instance")
    assert not instance["multi"]
    assert not instance["includeAll"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            assert 'instance="$instance"' in target["expr"]


@pytest.mark.check
def test_up_is_not_known_when_the_playbook_has_not_run(tmp_path: Path) -> None:
    (panel,) = (panel for panel in DASHBOARD["panels"] if panel["title"] == "Immich")
    query = panel["targets"][0]["expr"].replace("$instance", "nas")
    written = 'node_textfile_mtime_seconds{instance="nas",file="/var/lib/node_exporter/immich.prom"}'
    series = [{"series": 'immich_up{instance="nas"}', "values": "1x60"}, {"series": written, "values": "0+60x20 1200x40"}]
    asked = [
        {"expr": query, "eval_time": "45m", "exp_samples": [{"labels": 'immich_up{instance="nas"}', "value": 1}]},
        {"expr": query, "eval_time": "55m", "exp_samples": []},
    ]
    (tmp_path / "up.yml").write_text(yaml.safe_dump({"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": asked}]}))
    promtool("test", "rules", "up.yml", folder=tmp_path)


def test_the_guide_names_all_metrics_and_alerts() -> None:
    guide = GUIDE_FILE.read_text(encoding="utf-8")
    assert [name for name in sorted(WRITTEN) if f"``{name}``" not in guide] == []
    assert [rule["alert"] for rule in rules() if f"``{rule['alert']}``" not in guide] == []
    (named,) = yaml.safe_load(examples(GUIDE_FILE)["rules"])["rule_files"]
    assert Path(named).name == RULES.name
    provider = yaml.safe_load((FOLDER / "grafana_provider.yml").read_text(encoding="utf-8"))["providers"][0]
    assert f"{provider['options']['path']}/immich.json" in guide


@pytest.mark.parametrize(
    ("newest", "newer"), [("3.1.0", 0), ("v3.1.1", 1), ("3.10.0", 1), ("3.0.9", 0), ("4.0.0-rc.1", 1), ("3.1.0-rc.2", 0), ("no", 0)]
)
def test_metric_tells_newer_version(newest: str, newer: int) -> None:
    text = prometheus({}, server={"version": "3.1.0", "newest_version": {"version": newest}})
    assert f"immich_server_update_available {newer}\n" in text


def test_metrics_unknown_are_left_out_with_comment() -> None:
    failed = {"failed": True, "msg": "The key lacks\nimmich_up 1\n# TYPE x gauge " + "x" * 1000}
    text = prometheus({}, server=failed, integrity=failed, backups=failed)
    assert [line.partition(":")[0] for line in text.splitlines() if not line.startswith(("# HELP", "# TYPE"))] == [
        "immich_up 0",
        "# Without immich_server_info",
        "# Without immich_integrity_files",
        "# Without immich_backup_timestamp_seconds",
    ]
    assert max(len(line) for line in text.splitlines()) < 400
    known = {"version": "3.1.0", "newest_version": None}
    text = prometheus({}, server=known, backups={"backups": [], "newest": None, "fetched": None})
    assert "# Without immich_server_update_available: the key lacks the scope server.versionCheck" in text
    assert "immich_backup_timestamp_seconds 0\n" in text
    assert "# Without immich_proven_backup_timestamp_seconds: no folder" in text
    text = prometheus({}, backups={"backups": [], "newest": None, "fetched": [], "newest_proven": None, "newest_restored": None})
    assert "# Without immich_backup_proof_success: none of the fetched backups was restored" in text
    failed_proof = {"proven": False, "time": "2026-01-31T02:40:00Z", "seconds": None, "counts": {}, "error": "no\npg 1"}
    text = prometheus({}, backups={"backups": [], "newest": None, "fetched": [], "newest_restored": {"proof": failed_proof}})
    assert "immich_backup_proof_success 0\n" in text
    assert "# Without immich_backup_proof_duration_seconds: no pg 1\n" in text
