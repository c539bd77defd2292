"""Metrics as JSON lines."""

import math
from pathlib import Path

from prefrl.agents.metrics import Metrics, MetricsLog, read_metrics


def row(round_: int, value: float = 1.0) -> Metrics:
    return {"round": round_, "steps": 10 * (round_ + 1), "value": value}


def test_rows_come_back_and_what_is_not_finite_is_null(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path)
    log.write(row(0, math.nan))
    log.write(row(1, 2.0))
    log.close()
    assert [r["value"] for r in read_metrics(tmp_path)] == [None, 2.0]


def test_a_resumed_log_drops_the_rounds_that_run_again(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path)
    for round_ in range(3):
        log.write(row(round_))
    log.close()
    MetricsLog(tmp_path, rounds=2).close()
    assert [r["round"] for r in read_metrics(tmp_path)] == [0, 1]


def test_rows_are_kept_by_their_round_not_their_place(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"round": 1, "steps": 5}\n{"round": 2, "steps": 9}\n')
    MetricsLog(tmp_path, rounds=2).close()
    assert [r["round"] for r in read_metrics(tmp_path)] == [1]


def test_a_row_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"round": 0}\n{"rou')
    assert read_metrics(tmp_path) == [{"round": 0}]
