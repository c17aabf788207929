"""`release-ops generate`: write what Argo CD, Argo Rollouts and GitHub Actions need from a product file."""

from __future__ import annotations

import argparse
from pathlib import Path

from release_ops.domain.deploy_policy import Environment
from release_ops.domain.model import Product
from release_ops.generate_argo import IN_CLUSTER, PROMETHEUS, Cluster, argo_files
from release_ops.generate_workflow import workflow_file
from release_ops.generated_files import Generated, refused, write
from release_ops.product_errors import did_you_mean
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, product_named


def _options(parser: argparse.ArgumentParser) -> None:
    targets = parser.add_subparsers(dest="target", metavar="TARGET", required=True)
    argo = targets.add_parser("argo", help="Argo CD Application, Argo Rollout and AnalysisTemplates")
    argo.add_argument("--environment", metavar="NAME", help="only this environment (default: all)")
    argo.add_argument("--namespace", metavar="NAME", default="", help="where the product runs (default: named like it)")
    argo.add_argument("--server", metavar="URL", default=IN_CLUSTER, help=f"the cluster (default: {IN_CLUSTER})")
    argo.add_argument("--argocd-namespace", metavar="NAME", default="argocd", help="Argo CD's own (default: argocd)")
    argo.add_argument(
        "--prometheus",
        metavar="URL",
        default=PROMETHEUS,
        help=f"as Argo Rollouts reaches it (default: {PROMETHEUS})",
    )
    actions = targets.add_parser("github-actions", help="a workflow that builds a tag and deploys when it is told")
    for each, folder in ((argo, "deploy/argo"), (actions, ".github/workflows")):
        each.add_argument("product", metavar="FILE", help="a product file, or the id of a product")
        each.add_argument("--into", metavar="DIR", type=Path, default=Path(folder), help=f"folder (default: {folder})")
        each.add_argument("--force", action="store_true", help="overwrite files that a person wrote or changed")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.product, terminal)
    if isinstance(product, int):
        return product
    source = Path(args.product).name
    if args.target == "github-actions":
        return _written([workflow_file(product, source, "release.yml")], args, terminal)
    chosen = _environments(product, args.environment)
    if isinstance(chosen, str):
        return terminal.refuse(chosen)
    cluster = Cluster(
        namespace=args.namespace, server=args.server, argocd_namespace=args.argocd_namespace, prometheus=args.prometheus
    )
    files = [file for environment in chosen for file in argo_files(product, environment, source, cluster)]
    return _written(files, args, terminal)


def _environments(product: Product, name: str | None) -> list[Environment] | str:
    known = product.deploy.environments
    if not known:
        return f"{product.id} names no environments; write them under deploy.environments"
    if name is None:
        return [*known.values()]
    return [known[name]] if name in known else f"there is no environment {name}; {did_you_mean(name, known)}"


def _written(files: list[Generated], args: argparse.Namespace, terminal: Terminal) -> int:
    if not args.force and (problems := refused(files, args.into)):
        for problem in problems:
            terminal.err.print(problem, soft_wrap=True)
        return PROBLEMS
    try:
        done = write(files, args.into)
    except OSError as error:
        return terminal.refuse(f"{error.filename}: cannot be written: {error.strerror}")
    for path, is_new in done:
        terminal.say(f"{path}{'' if is_new else ' (as it was)'}")
    for file in files:
        for note in file.notes:
            terminal.err.print(f"{file.path}: {note}", soft_wrap=True)
    return OK


GENERATE = Command("write what Argo CD, Argo Rollouts or GitHub Actions need", _options, _run)
