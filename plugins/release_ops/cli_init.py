"""The product file that `release-ops init` writes: small, commented, and good for any repository."""

from __future__ import annotations

import json
import re
from datetime import date

_PLAIN = re.compile(r"[A-Za-z0-9/.][A-Za-z0-9_./:@~+-]*[A-Za-z0-9_/]")
_TEMPLATE = """\
# yaml-language-server: $schema={schema}
# What this file does not say comes from _defaults.yaml. Check it with: release-ops validate
product: {name}

repository:
  kind: git                # `github` adds pull requests, checks and releases; its location is owner/name
  location: {location}
  default_branch: {branch}
  push: false              # tags and branches stay in a private clone; true sends them to the repository

timezone: {timezone}
holidays: []               # such as [DE-BE, US]: milestones move off these days

releases:
  - version: {version}
    type: {type}            # major, minor or patch: each has its train in _defaults.yaml
    ga: {ga}
    theme: What this release is about

# A person ticks these boxes while approving. As soon as your build leaves reports in the repository, let them decide:
# see _defaults.gates.yaml. A list replaces the default criteria; a mapping would change single ones.
gates:
  feature_complete:
    criteria:
      - {{id: features_done, kind: checklist, title: All planned features are done}}
      - {{id: tests_green, kind: checklist, title: Integration tests are green}}
  alpha:
    criteria:
      - {{id: system_tests, kind: checklist, title: System tests are green}}
      - {{id: security_scan, kind: checklist, title: The security scan is clean}}
  beta:
    criteria:
      - {{id: user_acceptance, kind: checklist, title: User acceptance tests are passed}}
      - {{id: documentation, kind: checklist, title: Documentation is complete}}
  production:
    criteria:
      - {{id: rollback_validated, kind: checklist, title: The rollback was validated}}
      - {{id: monitoring_ready, kind: checklist, title: Monitoring and alerts are ready}}
milestone_gates:
  freeze: null             # the default gate of the freeze reads test reports

# User ids as Airflow knows them. One person fills one seat of a gate, so two people are the least.
approvers:
  release_manager: [{{id: alice, name: Alice}}]
  technical_lead: [{{id: alice, name: Alice}}]
  product_owner: [{{id: alice, name: Alice}}]
  qa_lead: [{{id: bob, name: Bob}}]
  stakeholder: [{{id: bob, name: Bob}}]
  change_board: [{{id: alice, name: Alice}}, {{id: bob, name: Bob}}]    # agrees to the plan of a major release

# The outbox keeps messages in the database. Slack: {{kind: slack, connection: slack_default, to: "#releases"}}
audiences:
  engineering: [{{kind: outbox}}]
  customers: [{{kind: outbox}}]

# Days on which production stays as it is:
# blackouts:
#   - {{start: 2026-12-24, end: 2027-01-01, reason: Holidays}}
"""


class InitError(ValueError):
    """Something that cannot go into a new product file; the text says what and what to do."""


def starter(name: str, *, location: str, version: str, ga: date, branch: str, timezone: str) -> str:
    """Return the text of a product file whose gates consist of checklist items only; InitError for a bad name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,49}", name):
        raise InitError(f"{name!r} is not an identifier; use lower-case letters, digits, '-', '_' and '.'")
    numbers = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)
    if numbers is None:
        raise InitError(f"{version!r} is not a final semantic version; write three numbers like 1.0.0")
    kind = "patch" if int(numbers[3]) else "minor" if int(numbers[2]) else "major"
    return _TEMPLATE.format(
        name=name,
        location=_scalar(location),
        branch=_scalar(branch),
        timezone=_scalar(timezone),
        version=version,
        type=kind,
        ga=ga.isoformat(),
        schema="product.schema.json",
    )


def _scalar(text: str) -> str:
    """A text as YAML: quoted when YAML would read something else."""
    return text if _PLAIN.fullmatch(text) and not re.fullmatch(r"[0-9.+-]+", text) else json.dumps(text)
