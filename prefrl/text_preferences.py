"""Comparisons of texts as the columns that language toolkits train on."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from prefrl.queries import Comparison
from prefrl.segment_texts import SegmentReader

PREFERENCES = "preferences.jsonl"


def export_preferences(
    comparisons: Iterable[Comparison], reader: SegmentReader, folder: Path
) -> int:
    """Write `preferences.jsonl`: lines of `prompt`, `chosen` and `rejected`, all of them strings.

    The best of k texts is chosen over each other one. Ties, skips and re-asks are left out.

    Args:
        comparisons: About segments of texts.
        reader: Of the segments' environment.
        folder: Where to write; it exists.

    Returns:
        The number of lines written.
    """
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(comparisons, reader)]
    (folder / PREFERENCES).write_text("".join(lines), encoding="utf-8")
    return len(lines)


def _rows(comparisons: Iterable[Comparison], reader: SegmentReader) -> Iterator[dict[str, str]]:
    for comparison in comparisons:
        if isinstance(comparison.verdict, str) or comparison.query.key.repeat:
            continue
        texts = [reader.read(segment) for segment in comparison.query.segments]
        chosen = texts.pop(comparison.verdict)
        for rejected in texts:
            yield {
                "prompt": chosen.prompt,
                "chosen": chosen.written,
                "rejected": rejected.written,
            }
