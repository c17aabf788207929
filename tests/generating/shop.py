"""A product with an environment of each kind, for what is generated from it."""

from __future__ import annotations

from pathlib import Path

from release_ops.domain.model import Product
from release_ops.product import load_product, project_root

HEAD = """\
product: shop
name: The Shop
repository: {kind: github, location: example/shop, connection: gh}
approvers:
  technical_lead: [{id: ada}]
  release_manager: [{id: grace}]
  product_owner: [{id: alan}]
  qa_lead: [{id: chloe}]
  stakeholder: [{id: eva}]
audiences: {engineering: [{kind: outbox}]}
"""
ANALYSES = """\
analyses:
  errors: {like: errors}
  latency: {like: latency}
  error_budget: {like: error_budget}
  comparison: {like: comparison}
  over_time:
    metrics:
      - {name: worst, query: 'max(load{version="{version}"})', window: 10m, step: 30s, success: "max(result) < 1"}
      - {name: rows, source: sql, connection: shop_db, query: select 1, success: result == 1}
      - {name: share, query: 'x{weight="{weight}"}', success: "result[0] < 1"}
      - {name: trial, query: sum(trial), interval: 1m, count: 5, dry_run: true, success: "result[0] < 1"}
"""
SHOP = (
    HEAD
    + ANALYSES
    + """\
deploy:
  driver: gitops
  gitops:
    repository: https://git.example.org/config.git
    connection: config_git
    argocd: argocd
  environments:
    testing: {driver: command, strategy: recreate, command: {run: [./deploy.sh, "a b"]}}
    staging:
      gitops: {application: shop-staging, files: [{kustomization: apps/staging/kustomization.yaml, image: shop}]}
    pre-production:
      background: []
      gitops:
        application: shop-pre
        rollouts: [shop]
        files: [{values: charts/shop/values-pre.yaml, version: image.tag}]
      steps: [{weight: 0}, {pause: 5m}, {analyse: errors}, {weight: 100}, {analyse: latency}]
    canary:
      stage: production
      gitops:
        application: shop-canary
        sync: true
        rollouts: [shop]
        steps: resume
        files: [{kustomization: apps/canary/kustomization.yaml, image: shop}]
    production:
      background: error_budget
      gitops:
        application: shop-production
        project: retail
        rollouts: [shop, worker]
        files:
          - {kustomization: apps/production/kustomization.yaml, image: shop}
          - {kustomization: apps/jobs/kustomization.yaml, image: jobs}
      steps: [{weight: 10}, {analyse: [errors, over_time]}, {pause: until told}, {weight: 50}, {pause: 90s}, {weight: 100}]
      rollback: {automatic: false}
"""
)


def product(folder: Path, text: str) -> Product:
    path = folder / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    return load_product(path, defaults=project_root() / "include" / "products")
