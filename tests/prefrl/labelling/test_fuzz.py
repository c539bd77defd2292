"""Malformed requests break neither the server, nor a label, nor a file."""

from pathlib import Path

from page_fuzz import fuzz


def test_malformed_requests_break_nothing(tmp_path: Path) -> None:
    statuses, faults = fuzz(tmp_path, 400, 1)
    assert faults == []
    # Some come as far as what is said in them, and some of these say what is right.
    assert statuses[400] > 20
    assert statuses[200] > 20
