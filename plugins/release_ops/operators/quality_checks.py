"""Quality checks before tables are published: the operators of the SQL provider, with messages that say where to look."""

from __future__ import annotations

from typing import NoReturn

from airflow.providers.common.sql.operators.sql import SQLColumnCheckOperator, SQLTableCheckOperator
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.sdk.exceptions import AirflowFailException

from release_ops.contract import SCHEMA
from release_ops.database import DATABASE_CONNECTION
from release_ops.quality_checks import checks_of, column_arguments, row_arguments


class CheckColumnsOperator(SQLColumnCheckOperator):
    """Compares minimum, maximum and the like of a table's columns with bounds.

    Takes the arguments of `quality_checks.column_arguments`. AirflowFailException names column, value and bound: trying
    again does not mend a table.
    """

    def _raise_exception(self, exception_string: str) -> NoReturn:
        failed = [
            f"{column}: {check} is {bounds['result']}, which is not {_bounds(bounds)}"
            for column, checks in self.column_mapping.items()
            for check, bounds in checks.items()
            if bounds.get("success") is False
        ]
        raise AirflowFailException(_told(self.table, failed, exception_string))


class CheckRowsOperator(SQLTableCheckOperator):
    """Looks for rows that may not be, and whether what has to be true of all rows together is.

    Takes the arguments of `quality_checks.row_arguments`. AirflowFailException names the check and shows the rows.
    """

    def _raise_exception(self, exception_string: str) -> NoReturn:
        failed = [
            f"{name}: see {_rows(self.table, check['never'], self.partition_clause)}"
            if "never" in check
            else f"{name}: this is not true of {self.table}: {check['always']}"
            for name, check in self.checks.items()
            if check.get("success") is False
        ]
        raise AirflowFailException(_told(self.table, failed, exception_string))


_WORDS = {"equal_to": "", "greater_than": "above ", "less_than": "below ", "geq_to": "at least ", "leq_to": "at most "}


def _bounds(bounds: dict[str, object]) -> str:
    return " and ".join(f"{words}{bounds[name]}" for name, words in _WORDS.items() if name in bounds)


def _rows(table: str, condition: str, where: str | None) -> str:
    condition = f"({condition}) AND {where}" if where else condition
    return f"SELECT * FROM {table} WHERE {condition}"  # noqa: S608 - words for people, from our own files


def _told(table: str, failed: list[str], otherwise: str) -> str:
    if not failed:
        return f"{table}: {otherwise}"
    file = f"include/sql/checks/{table.removeprefix(f'{SCHEMA}.')}.yaml"
    return f"{table} is not sound, so that no table of this run is published ({file})\n" + "\n".join(failed)


def check_tasks(dag_id: str, *, trigger_rule: str = "all_success") -> list[MappedOperator]:
    """Tasks `check_columns` and `check_rows` of the DAG that is being written, one instance per table that it tells of.

    `trigger_rule` is Airflow's: `all_done` checks what was written also where a part of it failed.
    """
    every = checks_of(dag_id)
    columns = CheckColumnsOperator.partial(
        task_id="check_columns",
        conn_id=DATABASE_CONNECTION,
        map_index_template="{{ task.table }}",
        trigger_rule=trigger_rule,
    ).expand_kwargs([column_arguments(one) for one in every if one.columns])
    rows = CheckRowsOperator.partial(
        task_id="check_rows",
        conn_id=DATABASE_CONNECTION,
        map_index_template="{{ task.table }}",
        trigger_rule=trigger_rule,
    ).expand_kwargs([row_arguments(one) for one in every])
    return [columns, rows]
