"""The demo product's files: source, documents, changelog, and the reports that its build commits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from quickstart import demo_history as told

if TYPE_CHECKING:
    from quickstart.demo_team import Past

SUITES: dict[str, tuple[str, ...]] = {
    "integration": ("stock service", "payment provider", "address service", "mail service", "parcel tracking"),
    "system": ("order as a guest", "order with an account", "return an item", "cancel an order", "combine vouchers"),
    "acceptance": ("one-page checkout", "bank transfer", "address suggestions", "order history as CSV", "dark colours"),
    "performance": ("first paint under 1.2 s", "search under 80 ms", "basket under 50 ms", "checkout under 150 ms"),
    "load": ("400 orders per minute", "2000 searches per second", "a sale day of four hours", "recovery after a peak"),
}
LINES = 12_400


def first_files() -> dict[str, str]:
    """What was there before the first commit of the history."""
    files = {
        "README.md": "# Webapp\n\nThe front end of a web shop. Start it with `npm run dev`.\n",
        "LICENSE": "Apache License 2.0, see https://www.apache.org/licenses/LICENSE-2.0\n",
        "package.json": json.dumps({"name": "webapp", "version": "2.4.0", "private": True, "type": "module"}, indent=2)
        + "\n",
        "CHANGELOG.md": changelog_file(()),
        "ci/pipeline.yaml": "stages: [lint, unit, integration, system, report]\n",
        "docs/index.md": "# Webapp\n\n- [Runbook](runbook.md)\n- [Search](search.md)\n- [Checkout](checkout.md)\n",
        "docs/runbook.md": (
            "# Runbook\n\n## Roll back\n\n1. `shopctl rollout undo webapp`\n2. Watch the error rate for ten minutes.\n"
            "\n## Alerts\n\nError rate over 1 % for five minutes pages the person on call.\n"
        ),
        "docs/dependencies.md": "# Updates of dependencies\n\n",
    }
    for scope in (*told.SCOPES, told.Scope("ui", ("colours", "spacing"), ())):
        files[f"src/{scope.name}/index.ts"] = f"// {scope.name}: {', '.join((*scope.seen, *scope.held))}\n"
        files[f"tests/{scope.name}.test.ts"] = 'import { test } from "vitest";\n'
        files[f"docs/{scope.name}.md"] = f"# {scope.name.title()}\n"
    return files


def reports(day: date, *, coverage: float) -> dict[str, str]:
    """JUnit, Cobertura and SARIF as the build of that day wrote them; everything passed."""
    files = {f"reports/junit-{name}.xml": _junit(name, cases, day) for name, cases in SUITES.items()}
    files["reports/coverage.xml"] = _cobertura(day, coverage)
    files["reports/security.sarif"] = _sarif()
    return files


def _junit(name: str, cases: Sequence[str], day: date) -> str:
    rows = "".join(
        f'    <testcase classname={quoteattr("webapp." + name)} name={quoteattr(case)} time="{1.2 + i * 0.7:.3f}"/>\n'
        for i, case in enumerate(cases)
    )
    totals = f'tests="{len(cases)}" failures="0" errors="0" skipped="0"'
    about = f'name="{name}" {totals} timestamp="{day}T17:00:00" hostname="ci"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="webapp" {totals}>\n'
        f"  <testsuite {about}>\n{rows}  </testsuite>\n</testsuites>\n"
    )


def _cobertura(day: date, coverage: float) -> str:
    stamp = day.toordinal() * 86_400_000
    names = [scope.name for scope in told.SCOPES]
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


def _sarif() -> str:
    rule = {"id": "js/weak-hash", "shortDescription": {"text": "A weak hash is used"}}
    where = {"artifactLocation": {"uri": "src/catalogue/index.ts"}, "region": {"startLine": 1}}
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


def changelog_file(past: Sequence[Past]) -> str:
    """CHANGELOG.md with the newest release on top."""
    text = "# Changelog\n\nAll notable changes of the web shop's front end.\n"
    titles = {"feat": "Features", "fix": "Fixes", "perf": "Performance"}
    for release in reversed(past):
        text += f"\n## [{release.version}] - {release.day}\n"
        for kind, title in titles.items():
            lines = [f"- **{c.scope}:** {c.subject} (#{c.pull_request})\n" for c in release.commits if c.type == kind]
            if lines:
                text += f"\n### {title}\n\n{''.join(lines)}"
    return text
