"""The files of a demo product: source, documents, changelog, and the reports that its build commits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from quickstart.demo_history import Scope, Story

if TYPE_CHECKING:
    from quickstart.demo_team import Past

LINES = 12_400


def first_files(story: Story) -> dict[str, str]:
    """What was there before the first commit of the history."""
    links = "".join(f"- [{scope.name.title()}]({scope.name}.md)\n" for scope in story.scopes[:3])
    files = {
        "README.md": f"# {story.name}\n\nThis is {story.about}. Start it with `npm run dev`.\n",
        "LICENSE": "Apache License 2.0, see https://www.apache.org/licenses/LICENSE-2.0\n",
        "package.json": json.dumps(
            {"name": story.product, "version": story.before, "private": True, "type": "module"}, indent=2
        )
        + "\n",
        "CHANGELOG.md": changelog_file(story, ()),
        "ci/pipeline.yaml": "stages: [lint, unit, integration, system, report]\n",
        "docs/index.md": f"# {story.name}\n\n- [Runbook](runbook.md)\n{links}",
        "docs/runbook.md": (
            f"# Runbook\n\n## Roll back\n\n1. `shopctl rollout undo {story.product}`\n"
            "2. Watch the error rate for ten minutes.\n"
            "\n## Alerts\n\nError rate over 1 % for five minutes pages the person on call.\n"
        ),
        "docs/dependencies.md": "# Updates of dependencies\n\n",
    }
    for scope in (*story.scopes, Scope("ui", ("colours", "spacing"), ())):
        files[f"src/{scope.name}/index.ts"] = f"// {scope.name}: {', '.join((*scope.seen, *scope.held))}\n"
        files[f"tests/{scope.name}.test.ts"] = 'import { test } from "vitest";\n'
        files[f"docs/{scope.name}.md"] = f"# {scope.name.title()}\n"
    return files


def reports(story: Story, day: date, *, coverage: float) -> dict[str, str]:
    """JUnit, Cobertura and SARIF as the build of that day wrote them; everything passed."""
    files = {f"reports/junit-{name}.xml": _junit(story, name, cases, day) for name, cases in story.reports.items()}
    files["reports/coverage.xml"] = _cobertura(story, day, coverage)
    files["reports/security.sarif"] = _sarif(story)
    return files


def _junit(story: Story, name: str, cases: Sequence[str], day: date) -> str:
    group = quoteattr(f"{story.product}.{name}")
    rows = "".join(
        f'    <testcase classname={group} name={quoteattr(case)} time="{1.2 + i * 0.7:.3f}"/>\n'
        for i, case in enumerate(cases)
    )
    totals = f'tests="{len(cases)}" failures="0" errors="0" skipped="0"'
    about = f'name="{name}" {totals} timestamp="{day}T17:00:00" hostname="ci"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="{story.product}" {totals}>\n'
        f"  <testsuite {about}>\n{rows}  </testsuite>\n</testsuites>\n"
    )


def _cobertura(story: Story, day: date, coverage: float) -> str:
    stamp = day.toordinal() * 86_400_000
    names = [scope.name for scope in story.scopes]
    packages = "".join(
        f'    <package name="{name}" line-rate="{coverage}" branch-rate="0.86" complexity="0">\n'
        f'      <classes><class name="index.ts" filename="src/{name}/index.ts" line-rate="{coverage}" branch-rate="0.86" '
        'complexity="0"><methods/><lines/></class></classes>\n    </package>\n'
        for name in names
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">\n'
        f'<coverage line-rate="{coverage}" branch-rate="0.86" lines-covered="{round(LINES * coverage)}" '
        f'lines-valid="{LINES}" branches-covered="2580" branches-valid="3000" complexity="0" version="2.1" '
        f'timestamp="{stamp}">\n  <sources><source>.</source></sources>\n'
        f"  <packages>\n{packages}  </packages>\n</coverage>\n"
    )


def _sarif(story: Story) -> str:
    rule = {"id": "js/weak-hash", "shortDescription": {"text": "A weak hash is used"}}
    where = {"artifactLocation": {"uri": f"src/{story.scopes[-1].name}/index.ts"}, "region": {"startLine": 1}}
    result = {
        "ruleId": "js/weak-hash",
        "level": "note",
        "message": {"text": "MD5 names a cached picture; nothing secret is hashed."},
        "locations": [{"physicalLocation": where}],
    }
    tool = {"driver": {"name": "shopscan", "version": "4.2.0", "rules": [rule]}}
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
    log = {"$schema": schema, "version": "2.1.0", "runs": [{"tool": tool, "results": [result]}]}
    return json.dumps(log, indent=2) + "\n"


def changelog_file(story: Story, past: Sequence[Past]) -> str:
    """CHANGELOG.md with the newest release on top."""
    text = f"# Changelog\n\nAll notable changes of {story.about}.\n"
    titles = {"feat": "Features", "fix": "Fixes", "perf": "Performance"}
    for release in reversed(past):
        text += f"\n## [{release.version}] - {release.day}\n"
        for kind, title in titles.items():
            lines = [f"- **{c.scope}:** {c.subject} (#{c.pull_request})\n" for c in release.commits if c.type == kind]
            if lines:
                text += f"\n### {title}\n\n{''.join(lines)}"
    return text
