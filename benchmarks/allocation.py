"""Who works on what: 500 people and 100 projects, beside scipy and OR-Tools with the same programme, in one run.

`python benchmarks/allocation.py --write benchmarks/README.md`; OR-Tools is installed into .run/ortools at the first run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# A script's own folder comes first, and calendar.py in it would be taken for the standard library's.
sys.path[:] = [str(ROOT), str(ROOT / "plugins"), *(p for p in sys.path if Path(p).resolve() != HERE)]

import numpy as np  # noqa: E402
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp  # noqa: E402
from scipy.sparse import csr_array  # noqa: E402

from benchmarks.allocation_staff import company  # noqa: E402
from benchmarks.tables import machine, write_between  # noqa: E402
from release_ops.domain.allocation import allocate  # noqa: E402
from release_ops.domain.allocation_model import Model, build  # noqa: E402
from release_ops.domain.assignment import assign  # noqa: E402
from release_ops.domain.staff import Staff  # noqa: E402

ORTOOLS = "9.15.6755"
PEERS = HERE / "allocation_peers.py"
LINEAR = (100, 500, 1000)


def python_of_peers() -> str:
    """A Python with OR-Tools, which is no part of the project."""
    folder = ROOT / ".run" / "ortools"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", f"ortools=={ORTOOLS}"], check=True)
    return str(python)


def plain(staff: Staff) -> tuple[Model, dict[str, np.ndarray]]:
    """The programme as anybody would write it down: rows as they are, without what was added to bring the bound nearer."""
    model = build(staff)
    tied = {one.over for crowds in model.crowds.values() for one in crowds}
    rows = [row for row in model.rows if not (len(row.columns) > 2 and row.limit < 0 and row.columns[-2] in tied)]
    starts = np.cumsum([0, *(len(row.columns) for row in rows)])
    return model, {
        "starts": starts,
        "places": np.concatenate([row.columns for row in rows]),
        "data": np.concatenate([row.coefficients for row in rows]).astype(float),
        "low": np.array([row.low for row in rows], dtype=float),
        "high": np.array([row.high for row in rows], dtype=float),
        "upper": np.array(model.upper),
        "integer": np.array(model.integer),
        "cost": np.sum([*model.prices.values()], axis=0),
    }


def timed(work: Callable[[], object]) -> tuple[float, float, object]:
    """Seconds of the wall and of the processor, and what came out."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return time.perf_counter() - wall, time.process_time() - cpu, found


def scipy_plainly(data: dict[str, np.ndarray], seconds: float) -> dict[str, float | None]:
    matrix = csr_array((data["data"], data["places"], data["starts"]), shape=(len(data["low"]), len(data["upper"])))
    found = milp(
        data["cost"],
        integrality=data["integer"],
        bounds=Bounds(0, data["upper"]),
        constraints=LinearConstraint(matrix, data["low"], data["high"]),
        options={"time_limit": seconds, "mip_rel_gap": 0.001},
    )
    return {"objective": None if found.x is None else found.fun, "bound": found.mip_dual_bound}


def peer(how: str, data: dict[str, np.ndarray], seconds: float) -> dict[str, float | None]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "programme.npz"
        np.savez(file, **data)
        told = subprocess.run(
            [python_of_peers(), PEERS, how, file, str(seconds)], capture_output=True, text=True, check=False
        )
    if told.returncode:
        return {"seconds": None, "objective": None, "bound": None}
    return json.loads(told.stdout.splitlines()[-1])


def general(people: int, projects: int, seconds: float, names: list[str]) -> str:
    """A row for each tool: the best plan and the bound when time was up, relative to the best bound of all."""
    staff = company(people, projects, seed=1)
    staff = replace(staff, policy=replace(staff.policy, seconds=seconds))
    model, data = plain(staff)
    found: dict[str, dict[str, float | None]] = {}
    wall, cpu, ours = timed(lambda: allocate(staff))
    found["release-ops"] = {"seconds": wall, "cpu": cpu, "objective": ours.objective, "bound": ours.bound}
    if "scipy" in names:
        wall, cpu, own = timed(lambda: scipy_plainly(data, seconds))
        found["scipy.optimize.milp, plainly"] = {"seconds": wall, "cpu": cpu, **own}
    for name, how in (("OR-Tools CP-SAT", "cp-sat"), ("OR-Tools SCIP", "scip")):
        if how in names:
            found[name] = peer(how, data, seconds)
    best = max(one["bound"] for one in found.values() if one["bound"] is not None)
    plans = [one["objective"] for one in found.values() if one["objective"] is not None]
    lines = []
    for name, one in found.items():
        plan, bound = one["objective"], one["bound"]
        gap = f"{(plan - bound) / plan:.2%}" if plan is not None and bound is not None else ""
        above = f"{plan / best - 1:.2%}" if plan is not None else "no plan"
        to_best = f"{plan / min(plans):.3f}" if plan is not None else ""
        lines.append(
            f"| {people} x {projects} | {len(model.offers):,} | {name} "
            f"| {_number(one.get('seconds'))} | {_number(one.get('cpu'))} | {gap} | {above} | {to_best} |\n"
        )
    return "".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def one_to_one(names: list[str]) -> str:
    lines = []
    for size in LINEAR:
        costs = np.random.default_rng(size).integers(1, 100, (size, size))
        rows = costs.tolist()
        work: dict[str, Callable[[], object]] = {
            "read every cost once (floor)": lambda rows=rows: max(map(max, rows)),
            "scipy, from an array": lambda costs=costs: linear_sum_assignment(costs),
            "release-ops, from lists": lambda rows=rows: assign(rows),
        }
        seconds = {name: min(timed(one)[0] for _ in range(5)) for name, one in work.items()}
        if "linear" in names:
            told = peer("linear", {"costs": costs}, 60)
            seconds["OR-Tools, from an array"] = told["seconds"]
            assert told["objective"] == assign(rows).cost
        base = seconds["read every cost once (floor)"]
        for name, one in seconds.items():
            ratio = "" if one is None else f"{one / base:.1f}"
            lines.append(f"| {size} | {name} | {'' if one is None else f'{one * 1000:.2f}'} | {ratio} |\n")
    return "".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--sizes", nargs="*", default=["50x10", "100x20", "500x100"])
    parser.add_argument("--peers", nargs="*", default=["scipy", "cp-sat", "scip", "linear"])
    args = parser.parse_args()
    table = "".join(general(*(int(one) for one in size.split("x")), args.seconds, args.peers) for size in args.sizes)
    now = datetime.now(UTC)
    text = (
        f"{args.seconds:g} s each, {now:%Y-%m-%d %H:%M} UTC; {machine()}; OR-Tools {ORTOOLS} with two workers.\n\n"
        "| people x projects | offers | what | wall s | processor s | its own gap | above the best bound "
        "| to the best plan |\n"
        f"|---|---:|---|---:|---:|---:|---:|---:|\n{table}\n"
        f"| one to one | what | ms | to the floor |\n|---:|---|---:|---:|\n{one_to_one(args.peers)}"
    )
    if args.write:
        write_between(args.write, "allocation", text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
