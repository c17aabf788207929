"""Shows the errors of product files where everybody sees them: in Airflow's import errors. Defines no DAG."""

from __future__ import annotations

from release_ops.product import ProductError, load_products, products_folder

_, problems = load_products(products_folder())
if problems:
    raise ProductError(problems)
