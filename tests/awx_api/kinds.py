# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of things that AWX has, and their fields, from awx/api/serializers.py and awx/main/models of AWX 24.6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Field:
    """One field: what it is when nobody gives it, the type that it must have, or the kind that its number refers to."""

    default: Any = ""
    type: type | tuple[type, ...] = str
    to: str = ""
    required: bool = False
    nullable: bool = False
    read_only: bool = False
    fixed: bool = False
    """It can be given at creation only."""


@dataclass(frozen=True)
class Kind:
    """One kind: the name in singular, its fields, which of them are unique together, and its lists of others: name → their kind."""

    type: str
    fields: Mapping[str, Field]
    unique: tuple[str, ...] = ("name",)
    lists: Mapping[str, str] = field(default_factory=dict)
    has_survey: bool = False


NAME = Field(required=True)
TEXT = Field()
NO = Field(False, bool)
OBJECT = Field({}, dict)
MANAGED = Field(False, bool, read_only=True)
FILLED_IN = Field(None, (str, bool, dict), nullable=True, read_only=True)


def number(default: int = 0) -> Field:
    """A whole number."""
    return Field(default, int)


def key(to: str, *, required: bool = False, fixed: bool = False) -> Field:
    """A foreign key."""
    return Field(None, int, to, required=required, nullable=not required, fixed=fixed)


PROMPTS = {
    name: Field(None, kind, nullable=True)
    for kind, names in {
        str: ("scm_branch", "job_type", "job_tags", "skip_tags", "limit"),
        bool: ("diff_mode",),
        int: ("verbosity", "forks", "job_slice_count", "timeout"),
    }.items()
    for name in names
}
ASKS = (
    *("credential", "diff_mode", "execution_environment", "forks", "instance_groups", "inventory", "job_slice_count", "job_type"),
    *("labels", "limit", "scm_branch", "skip_tags", "tags", "timeout", "variables", "verbosity"),
)
NOTIFIES = {f"notification_templates_{when}": "notification_templates" for when in ("started", "success", "error")}

KINDS = {
    "organizations": Kind(
        "organization",
        {"name": NAME, "description": TEXT, "max_hosts": number(), "default_environment": key("execution_environments")},
        lists={"galaxy_credentials": "credentials", "instance_groups": "instance_groups"},
    ),
    "credential_types": Kind(
        "credential_type",
        {
            "name": NAME,
            "description": TEXT,
            "kind": NAME,
            "managed": MANAGED,
            "inputs": OBJECT,
            "injectors": OBJECT,
        },
        ("name", "kind"),
    ),
    "credentials": Kind(
        "credential",
        {
            "name": NAME,
            "description": TEXT,
            "organization": key("organizations"),
            "credential_type": key("credential_types", required=True),
            "managed": MANAGED,
            "inputs": OBJECT,
        },
        ("organization", "name", "credential_type"),
    ),
    "execution_environments": Kind(
        "execution_environment",
        {
            "name": NAME,
            "description": TEXT,
            "organization": key("organizations", fixed=True),
            "image": NAME,
            "pull": TEXT,
            "credential": key("credentials"),
        },
    ),
    "instances": Kind("instance", {"hostname": NAME}, ("hostname",)),
    "instance_groups": Kind(
        "instance_group",
        {
            "name": NAME,
            "credential": key("credentials"),
            "is_container_group": NO,
            "max_concurrent_jobs": number(),
            "max_forks": number(),
            "policy_instance_percentage": number(),
            "policy_instance_minimum": number(),
            "policy_instance_list": Field([], list),
            "pod_spec_override": TEXT,
        },
        lists={"instances": "instances"},
    ),
    "projects": Kind(
        "project",
        {
            "name": NAME,
            "description": TEXT,
            "organization": key("organizations", required=True),
            **dict.fromkeys(("local_path", "scm_type", "scm_url", "scm_branch", "scm_refspec"), TEXT),
            "scm_revision": Field("", read_only=True),
            **dict.fromkeys(("scm_clean", "scm_track_submodules", "scm_delete_on_update", "scm_update_on_launch", "allow_override"), NO),
            "scm_update_cache_timeout": number(),
            "timeout": number(),
            "credential": key("credentials"),
            "default_environment": key("execution_environments"),
        },
        ("organization", "name"),
    ),
    "notification_templates": Kind(
        "notification_template",
        {
            "name": NAME,
            "description": TEXT,
            "organization": key("organizations", required=True),
            "notification_type": NAME,
            "notification_configuration": OBJECT,
            "messages": OBJECT,
        },
        ("organization", "name"),
    ),
    "project_updates": Kind("project_update", {"status": FILLED_IN}, ()),
    "inventories": Kind(
        "inventory",
        {
            "name": NAME,
            "description": TEXT,
            "organization": key("organizations", required=True),
            "kind": TEXT,
            "host_filter": Field(None, nullable=True),
            "variables": TEXT,
            "prevent_instance_group_fallback": NO,
        },
        ("name", "organization"),
        {"instance_groups": "instance_groups"},
    ),
    "hosts": Kind(
        "host",
        {
            "name": NAME,
            "description": TEXT,
            "inventory": key("inventories", required=True, fixed=True),
            "enabled": Field(True, bool),
            "variables": TEXT,
        },
        ("name", "inventory"),
    ),
    "job_templates": Kind(
        "job_template",
        {
            "name": NAME,
            "description": TEXT,
            "organization": Field(None, int, "organizations", nullable=True, read_only=True),
            "job_type": Field("run"),
            "inventory": key("inventories"),
            "project": key("projects"),
            "execution_environment": key("execution_environments"),
            **dict.fromkeys(("playbook", "scm_branch", "limit", "extra_vars", "job_tags", "skip_tags", "start_at_task"), TEXT),
            **dict.fromkeys(("forks", "verbosity", "timeout"), number()),
            "job_slice_count": number(1),
            **{f"ask_{what}_on_launch": NO for what in ASKS},
            **dict.fromkeys(("survey_enabled", "become_enabled", "diff_mode", "allow_simultaneous", "use_fact_cache"), NO),
            "prevent_instance_group_fallback": NO,
        },
        ("organization", "name"),
        {"credentials": "credentials", "instance_groups": "instance_groups", **NOTIFIES},
        has_survey=True,
    ),
    "workflow_job_templates": Kind(
        "workflow_job_template",
        {
            "name": NAME,
            "description": TEXT,
            "organization": key("organizations"),
            "extra_vars": TEXT,
            "inventory": key("inventories"),
            **{name: PROMPTS[name] for name in ("limit", "scm_branch", "skip_tags", "job_tags")},
            **{f"ask_{what}_on_launch": NO for what in ("inventory", "labels", "limit", "scm_branch", "skip_tags", "tags", "variables")},
            "survey_enabled": NO,
            "allow_simultaneous": NO,
        },
        ("organization", "name"),
        NOTIFIES,
        has_survey=True,
    ),
    "workflow_job_template_nodes": Kind(
        "workflow_job_template_node",
        {
            "identifier": NAME,
            "workflow_job_template": key("workflow_job_templates", required=True, fixed=True),
            "unified_job_template": key("unified_job_templates"),
            "extra_data": OBJECT,
            "inventory": key("inventories"),
            "execution_environment": key("execution_environments"),
            "all_parents_must_converge": NO,
            **PROMPTS,
        },
        ("identifier", "workflow_job_template"),
        dict.fromkeys(("success_nodes", "failure_nodes", "always_nodes"), "workflow_job_template_nodes"),
    ),
    "schedules": Kind(
        "schedule",
        {
            "name": NAME,
            "description": TEXT,
            "rrule": NAME,
            "enabled": Field(True, bool),
            "unified_job_template": key("unified_job_templates", required=True),
            "extra_data": OBJECT,
            "inventory": key("inventories"),
            "execution_environment": key("execution_environments"),
            **PROMPTS,
        },
        ("unified_job_template", "name"),
    ),
}

UNIFIED = ("projects", "job_templates", "workflow_job_templates")
"""The kinds that are `unified_job_templates`, and share their numbers."""

CASCADES = {"schedules": "unified_job_template", "workflow_job_template_nodes": "workflow_job_template", "hosts": "inventory"}
"""What is deleted with the thing that this field of it refers to. Other references become null."""
