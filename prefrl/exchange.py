"""Label stores as files for other programs: comparisons.jsonl beside segments.npz."""

import json
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prefrl.errors import UserError
from prefrl.queries import Query, QueryKey
from prefrl.segments import Segment
from prefrl.store import Label, LabelStore, parse_verdict
from prefrl.teachers import Answer


def export_labels(store: LabelStore, folder: Path) -> int:
    """Write all verdicts that stand, and the segments they are about.

    Each line of `comparisons.jsonl` has run, round, index, repeat, verdict, labeller, seconds,
    asked_at, answered_at, shown_left, strategy, agent_step and segment_ids. `segments.npz` holds
    `ID/observations`, `ID/actions` and so on for each segment.

    Args:
        store: The store to read.
        folder: Where to write; made when missing.

    Returns:
        The number of comparisons written.
    """
    labels = [label for label in store.labels() if label.answer is not None]
    folder.mkdir(parents=True, exist_ok=True)
    segments = {segment.id: segment for label in labels for segment in label.query.segments}
    arrays = {
        f"{identity}/{name}": array
        for identity, segment in segments.items()
        for name, array in segment.named_arrays().items()
    }
    np.savez_compressed(folder / "segments.npz", **arrays)  # type: ignore[arg-type]
    lines = [json.dumps(_record(label)) + "\n" for label in labels]
    (folder / "comparisons.jsonl").write_text("".join(lines))
    return len(labels)


def read_answers(folder: Path) -> list[Answer]:
    """Read what `export_labels` wrote.

    Raises:
        UserError: If a file is missing or malformed; the line is named.
    """
    segments = _read_segments(folder / "segments.npz")
    path = folder / "comparisons.jsonl"
    try:
        lines = path.read_text().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {error}") from error
    answers: dict[QueryKey, Answer] = {}
    for number, line in enumerate(lines[:-1] if not lines[-1] else lines, 1):
        answer = _parse(line, number, path, segments)
        if answer.query.key in answers:
            raise UserError(f"{path}, line {number} is no comparison: it repeats a question")
        answers[answer.query.key] = answer
    return list(answers.values())


def read_labels(path: Path) -> list[Answer]:
    """Read the verdicts of a run's folder, of a label store, or of what `export_labels` wrote.

    Raises:
        UserError: If there are none, or they cannot be read.
    """
    if (path / "comparisons.jsonl").exists():
        answers = read_answers(path)
    else:
        file = path / "labels.sqlite" if path.is_dir() else path
        if not file.exists():
            raise UserError(
                f"{path} holds no labels; give the folder of a run or of exported labels, "
                "or a label store"
            )
        store = LabelStore(file)
        answers = [label.answer for label in store.labels() if label.answer is not None]
        store.close()
    if not answers:
        raise UserError(f"{path} holds no labels that were answered")
    return answers


def import_labels(store: LabelStore, folder: Path) -> int:
    """Add the verdicts of exported files to a store; those it has already are left as they are.

    Returns:
        The number of comparisons added.

    Raises:
        UserError: If a file is missing or malformed, or a question differs from the store's of the
            same key; then nothing is added.
    """
    answers = read_answers(folder)
    known = {label.query.key: label.query for label in store.labels()}
    for answer in answers:
        stored = known.get(answer.query.key)
        if stored is not None and _ids(stored) != _ids(answer.query):
            raise UserError(f"{folder} holds another question than the store as {stored.key}")
    _, unanswered = store.ask([answer.query for answer in answers])
    open_keys = {query.key for query in unanswered}
    fresh = [answer for answer in answers if answer.query.key in open_keys]
    store.answer(fresh)
    return len(fresh)


def _record(label: Label) -> dict[str, Any]:
    assert label.answer is not None
    query, answer = label.query, label.answer
    return {
        "run": query.key.run,
        "round": query.key.round,
        "index": query.key.index,
        "repeat": query.key.repeat,
        "verdict": answer.verdict,
        "labeller": answer.labeller,
        "seconds": answer.seconds,
        "asked_at": query.asked_at,
        "answered_at": answer.answered_at,
        "shown_left": answer.shown_left,
        "strategy": query.strategy,
        "agent_step": query.agent_step,
        "segment_ids": _ids(query),
    }


def _read_segments(path: Path) -> dict[str, Segment]:
    named: dict[str, dict[str, np.ndarray]] = {}
    try:
        # numpy leaves a file open that it finds to be no archive
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            for entry in archive.files:
                identity, name = entry.split("/", 1)
                named.setdefault(identity, {})[name] = archive[entry]
        return {key: Segment.from_named_arrays(arrays) for key, arrays in named.items()}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"cannot read the segments in {path}: {error}") from error


def _parse(line: str, number: int, path: Path, segments: dict[str, Segment]) -> Answer:
    try:
        record = json.loads(line)
        for name, kinds in _FIELDS.items():
            if type(record[name]) not in kinds:
                raise ValueError(f"{name} is {record[name]!r}")
        key = QueryKey(*(record[name] for name in ("run", "round", "index", "repeat")))
        chosen = _lookup(record["segment_ids"], segments)
        details = {name: record[name] for name in ("strategy", "agent_step", "asked_at")}
        query = Query(key, chosen, **details)
        verdict = parse_verdict(str(record["verdict"]))
        if isinstance(verdict, int) and verdict >= len(chosen):
            raise ValueError(f"verdict {verdict} among {len(chosen)} segments")
        names = ("labeller", "seconds", "answered_at", "shown_left")
        return Answer(query, verdict, **{name: record[name] for name in names})
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}, line {number} is no comparison: {error}") from error


_FIELDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("run", "strategy", "labeller"), (str,)),
    **dict.fromkeys(("round", "index", "repeat", "shown_left", "agent_step"), (int,)),
    **dict.fromkeys(("seconds", "asked_at", "answered_at"), (int, float)),
    "segment_ids": (list,),
}


def _ids(query: Query) -> list[str]:
    return [segment.id for segment in query.segments]


def _lookup(identities: Sequence[str], segments: dict[str, Segment]) -> tuple[Segment, ...]:
    return tuple(segments[identity] for identity in identities)
