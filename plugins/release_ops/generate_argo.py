"""An environment of a product file as Argo CD and Argo Rollouts have it: Application, Rollout, AnalysisTemplates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from release_ops.domain.deploy_policy import Environment, Step, StepKind, Strategy, Trigger, ValidationPhase
from release_ops.domain.gitops_policy import ArgoSteps, GitOpsPolicy, HelmValues
from release_ops.domain.model import Product
from release_ops.generate_analysis import API, VERSION_LABEL, Templates, args, name_of, span, templates
from release_ops.generated_files import Generated, as_yaml, marked
from release_ops.product_deploy_gitops import gitops_policy

IN_CLUSTER = "https://kubernetes.default.svc"
PROMETHEUS = "http://prometheus.monitoring.svc:9090"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What a product file does not say of the cluster."""

    namespace: str = ""
    """Where the product runs; empty: named like the product."""
    server: str = IN_CLUSTER
    argocd_namespace: str = "argocd"
    prometheus: str = PROMETHEUS
    """Address as the controller of Argo Rollouts reaches it."""


def argo_files(product: Product, environment: Environment, source: str, cluster: Cluster) -> list[Generated]:
    """The three files of an environment; `source` names the product file in their heads."""
    namespace = cluster.namespace or name_of(product.id)
    policy = gitops_policy(environment.settings) if environment.driver == "gitops" else None
    wanted = dict.fromkeys([*(name for step in environment.steps for name in step.analyses), *environment.background])
    made = templates(
        product.id,
        [product.analyses[name] for name in wanted if name in product.analyses],
        cluster.prometheus,
        namespace,
    )
    command, folder = f"argo {source}", environment.name
    application, notes = _application(product, environment, policy, cluster, namespace)
    about = f"{product.name} in {environment.name}, from {source}"
    files = [
        marked(
            f"{folder}/application.yaml",
            command,
            as_yaml([application]),
            notes,
            about=f"Argo CD Application of {about}",
        )
    ]
    rollout, notes = _rollout(product, environment, policy, made, namespace)
    files.append(marked(f"{folder}/rollout.yaml", command, as_yaml([rollout]), notes, about=f"Argo Rollout of {about}"))
    if made.documents:
        notes = [*made.notes, f"prometheus-address is {cluster.prometheus}: name yours with --prometheus"]
        body = as_yaml([*made.documents.values()])
        files.append(
            marked(f"{folder}/analysis-templates.yaml", command, body, notes, about=f"AnalysisTemplates of {about}")
        )
    return files


# Argo CD


def _application(
    product: Product, environment: Environment, policy: GitOpsPolicy | None, cluster: Cluster, namespace: str
) -> tuple[dict[str, Any], list[str]]:
    notes = [f"namespace {namespace} at {cluster.server}: name yours with --namespace and --server"]
    if policy is not None:
        source = _source(policy, notes)
    else:
        location, repository = product.repository.location, product.repository
        url = f"https://github.com/{location}.git" if repository.kind == "github" else location
        source = {"repoURL": url, "targetRevision": repository.default_branch, "path": f"deploy/{environment.name}"}
        notes.append(
            f"the driver here is {environment.driver}, so repoURL and path are guesses: name them under gitops in the "
            "product file"
        )
    if "://" not in source["repoURL"] and "@" not in source["repoURL"]:
        notes.append(f"repoURL {source['repoURL']} is a path on this machine, which Argo CD cannot reach")
    if environment.windows:
        notes.append(
            "windows and freezes: Argo CD asks the sync windows of its AppProject; Release Ops asks them before it commits"
        )
    name = (
        policy.application if policy is not None and policy.application else name_of(f"{product.id}-{environment.name}")
    )
    spec: dict[str, Any] = {
        "project": (policy.project if policy is not None else "") or "default",
        "source": source,
        "destination": {"server": cluster.server, "namespace": namespace},
    }
    if policy is not None and policy.sync:
        spec["syncPolicy"] = {"syncOptions": ["CreateNamespace=true"]}
    else:
        spec["syncPolicy"] = {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]}
    metadata = {
        "name": name,
        "namespace": (policy.app_namespace if policy is not None else "") or cluster.argocd_namespace,
        "labels": _labels(product),
    }
    return {"apiVersion": API, "kind": "Application", "metadata": metadata, "spec": spec}, notes


def _source(policy: GitOpsPolicy, notes: list[str]) -> dict[str, Any]:
    source: dict[str, Any] = {"repoURL": policy.repository, "targetRevision": policy.branch}
    first = policy.files[0]
    path = PurePosixPath(first.file)
    source["path"] = str(path.parent)
    if isinstance(first, HelmValues):
        source["helm"] = {"valueFiles": [path.name]}
        notes.append(f"path {path.parent} is taken to be the chart that {path.name} belongs to")
    others = sorted({str(PurePosixPath(one.file).parent) for one in policy.files} - {source["path"]})
    if others:
        notes.append(
            f"files in {', '.join(others)} are not in this Application's path: they need Applications of their own"
        )
    return source


# Argo Rollouts


def _rollout(
    product: Product, environment: Environment, policy: GitOpsPolicy | None, made: Templates, namespace: str
) -> tuple[dict[str, Any], list[str]]:
    name = policy.rollouts[0] if policy is not None and policy.rollouts else name_of(product.id)
    notes = [
        f"the pods are those of the Deployment {name} (workloadRef); its replicas are the Rollout's from then on",
        f"analyses read the version from the Rollout's label {VERSION_LABEL}: let it follow the image's tag, for example by "
        "naming the label's place in gitops.files",
        *_unsaid(environment),
    ]
    if policy is not None and len(policy.rollouts) > 1:
        notes.append(f"of the rollouts {', '.join(policy.rollouts)} only the first is written")
    resume = policy is not None and policy.steps is ArgoSteps.RESUME
    strategy = _STRATEGIES[environment.strategy](product, environment, made, notes, resume)
    spec: dict[str, Any] = {
        "replicas": 1,
        "workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "scaleDown": "progressively"},
        "progressDeadlineSeconds": int(environment.progress_within.total_seconds()),
        "progressDeadlineAbort": environment.rollback.automatic,
        "strategy": strategy,
    }
    notes.append("replicas: the product file does not say how many; 1 is written, let your overlay set it")
    metadata = {"name": name, "namespace": namespace, "labels": _labels(product)}
    return {"apiVersion": API, "kind": "Rollout", "metadata": metadata, "spec": spec}, notes


def _canary(
    product: Product, environment: Environment, made: Templates, notes: list[str], resume: bool
) -> dict[str, Any]:
    steps = _steps(product, environment, made, resume)
    canary: dict[str, Any] = {"maxSurge": "25%", "maxUnavailable": 0, "steps": steps}
    if any(step.kind is StepKind.WEIGHT and 0 < step.weight < 100 for step in environment.steps):
        notes.append(
            "without trafficRouting Argo approximates a weight by the number of pods: add your router's section"
        )
    if resume:
        notes.append(
            "steps: resume: it pauses after each weight; analyses and pauses are Release Ops's, which resumes it"
        )
    else:
        background = _background(product, environment, made, steps)
        canary |= {"analysis": background} if background else {}
    return {"canary": canary}


def _background(
    product: Product, environment: Environment, made: Templates, steps: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    named = made.reference(environment.background)
    if not named:
        return {}
    first = next((index for index, one in enumerate(steps) if one.get("setWeight", 0) > 0), 0)
    start = min(first + 1, max(len(steps) - 1, 0))
    found: dict[str, Any] = {"templates": named, "args": args(product.id, environment.name)}
    return {**found, "startingStep": start} if start else found


def _steps(product: Product, environment: Environment, made: Templates, resume: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for step in environment.steps:
        if step.kind is StepKind.WEIGHT:
            found.append({"setWeight": step.weight})
            if resume and step.weight < 100:
                found.append({"pause": {}})
        elif resume:
            continue
        elif step.kind is StepKind.PAUSE:
            found.append({"pause": {} if step.pause is None else {"duration": span(step.pause)}})
        elif analysis := _analysis(product, environment, made, step.analyses):
            found.append({"analysis": analysis})
    return found


def _analysis(product: Product, environment: Environment, made: Templates, analyses: Sequence[str]) -> dict[str, Any]:
    named = made.reference(analyses)
    return {"templates": named, "args": args(product.id, environment.name)} if named else {}


def _blue_green(
    product: Product, environment: Environment, made: Templates, notes: list[str], resume: bool
) -> dict[str, Any]:
    switch = next(
        (index for index, one in enumerate(environment.steps) if one.kind is StepKind.WEIGHT and one.weight == 100),
        len(environment.steps),
    )
    before, after = _analyses_of(environment.steps[:switch]), _analyses_of(environment.steps[switch:])
    service = name_of(product.id)
    found: dict[str, Any] = {"activeService": service, "previewService": f"{service}-preview"}
    found["autoPromotionEnabled"] = not resume
    pauses = [step.pause for step in environment.steps[:switch] if step.kind is StepKind.PAUSE]
    if any(pause is None for pause in pauses):
        found["autoPromotionEnabled"] = False
    elif pauses:
        found["autoPromotionSeconds"] = int(sum((pause for pause in pauses if pause), timedelta()).total_seconds())
    for key, names in (("prePromotionAnalysis", before), ("postPromotionAnalysis", after)):
        if not resume and (analysis := _analysis(product, environment, made, names)):
            found[key] = analysis
    if between := [step.weight for step in environment.steps if step.kind is StepKind.WEIGHT and 0 < step.weight < 100]:
        notes.append(f"blue-green has no share of the users: {between[0]} % is left out")
    if environment.background:
        notes.append("blue-green has no analysis in the background: those are left out")
    notes.append(f"the Services {service} and {service}-preview have to be there")
    return {"blueGreen": found}


def _rolling(
    product: Product, environment: Environment, made: Templates, notes: list[str], resume: bool
) -> dict[str, Any]:
    found = _canary(product, environment, made, notes, resume)
    if found["canary"]["steps"] == [{"setWeight": 100}]:
        del found["canary"]["steps"]
        found["canary"].pop("analysis", None)
        if environment.background:
            notes.append("an analysis in the background needs a step: those are left out")
    return found


def _recreate(
    product: Product, environment: Environment, made: Templates, notes: list[str], resume: bool
) -> dict[str, Any]:
    found = _rolling(product, environment, made, notes, resume)
    found["canary"] |= {"maxSurge": 0, "maxUnavailable": "100%"}
    notes.append(
        "strategy recreate: Argo has none; all old pods may go at once (maxUnavailable 100%), which comes near to it"
    )
    return found


_STRATEGIES = {
    Strategy.CANARY: _canary,
    Strategy.BLUE_GREEN: _blue_green,
    Strategy.ROLLING: _rolling,
    Strategy.RECREATE: _recreate,
}


def _analyses_of(steps: Sequence[Step]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for step in steps for name in step.analyses))


def _unsaid(environment: Environment) -> list[str]:
    """What no Rollout can say."""
    notes = []
    if not environment.rollback.automatic:
        notes.append("rollback.automatic: false: Argo aborts by itself when an analysis fails")
    if Trigger.FAILED not in environment.rollback.on:
        notes.append("rollback.on has no `failed`: Argo aborts by itself when an analysis fails")
    if Trigger.ERROR not in environment.rollback.on:
        notes.append(
            "rollback.on has no `error`: Argo aborts too when an analysis cannot be measured; here it would be held"
        )
    notes.append(
        f"hold: Argo pauses at an inconclusive analysis until somebody resumes it; after {span(environment.hold.timeout)} "
        f"Release Ops would {environment.hold.then.value}"
    )
    if environment.approvals is not None and environment.approvals.roles:
        notes.append(
            f"approvals ({', '.join(environment.approvals.roles)}): Argo asks nobody; Release Ops asks before it commits"
        )
    if environment.gate:
        notes.append(f"gate {environment.gate}: Release Ops evaluates it before it commits")
    for phase in ValidationPhase:
        items = environment.validation.get(phase, ())
        by_people = sum(1 for one in items if not one.analysis)
        if items:
            people = f", {by_people} of them confirmed by people" if by_people else ""
            notes.append(
                f"validation.{phase.value}: {len(items)} checks after the deployment{people} are not in the Rollout"
            )
    return notes


def _labels(product: Product) -> dict[str, str]:
    return {"app.kubernetes.io/name": name_of(product.id), "app.kubernetes.io/managed-by": "release-ops"}
