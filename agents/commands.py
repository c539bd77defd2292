"""What the command line's subcommands do."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import gymnasium
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from prefrl.checkpoints import damaged_checkpoints, whole_checkpoints
from prefrl.errors import UserError
from prefrl.exchange import export_labels, import_labels
from prefrl.segment_texts import SegmentReader, is_readable
from prefrl.store import LabelStore
from prefrl.teachers import Answer
from prefrl.text_preferences import PREFERENCES, export_preferences

from .curve import draw_curve
from .display import LiveTable, show_result
from .metrics import read_metrics
from .page import Address, check_address, needs_people, page_beside
from .recovery import mend_store
from .results import results
from .run_folder import (
    LABELS,
    agent_of,
    claim_run,
    create_run_folder,
    open_store,
    read_settings,
    write_json,
)
from .settings import RunSettings
from .tamer.watching import film_tamer
from .text.samples import print_samples, print_samples_over_training
from .threads import set_threads
from .training import CHECKPOINT_SHARE, Training
from .watching import film_progress, film_run


def train(
    settings: RunSettings,
    folder: Path,
    console: Console,
    command: Sequence[str] = (),
    *,
    given: Sequence[Answer] = (),
    address: Address | None = None,
) -> None:
    """Start a run in a new folder and train it to the end.

    Args:
        settings: What determines the run.
        folder: The folder to make.
        console: Where to show it.
        command: The words of the command line, to be kept.
        given: The labels of a run that asks nothing.
        address: Where the labelling page is served, where people answer.

    Raises:
        UserError: If a setting or the folder is unfit; then nothing is written.
    """
    address = address or Address()
    check_address(settings, address)
    create_run_folder(folder, settings, command)
    if given:
        store = LabelStore(folder / LABELS)
        store.ask([answer.query for answer in given])
        store.answer(given)
        store.close()
    shown = escape(str(folder))
    console.print(f"training in {shown}; if interrupted, go on with: prefrl resume {shown}")
    with claim_run(folder):
        _run(settings, folder, None, console, address)


def resume(folder: Path, console: Console, address: Address | None = None) -> None:
    """Go on with an interrupted run from its last whole checkpoint.

    Raises:
        UserError: If the folder is no run.
    """
    settings = read_settings(folder)
    if (folder / "result.json").exists():
        console.print(f"{escape(str(folder))} is finished; its results:")
        show_result(folder, console)
        return
    address = address or Address()
    check_address(settings, address)
    with claim_run(folder):
        checkpoint = _mended_checkpoint(settings, folder, console)
        _run(settings, folder, checkpoint, console, address)


def _mended_checkpoint(settings: RunSettings, folder: Path, console: Console) -> Path | None:
    for path in damaged_checkpoints(folder):
        _warn(console, f"{path} is damaged and is passed over")
    whole = whole_checkpoints(folder)
    checkpoint = whole[-1] if whole else None
    if settings.reward == "learned":
        for message in mend_store(folder / LABELS, checkpoint):
            _warn(console, message)
    return checkpoint


def watch(folder: Path, out: Path, seconds: float, size: int, console: Console) -> None:
    """Film the agent of a run; where it writes texts, print some beside the reference's."""
    is_tamer = agent_of(folder) == "tamer"
    language = None if is_tamer else read_settings(folder).language
    if language is not None:
        set_threads(language)
        print_samples(folder, console)
        return
    with _drawing_bar(console) as progress:
        if is_tamer:
            film_tamer(folder, out, seconds=seconds, progress=progress)
        else:
            film_run(folder, out, seconds=seconds, size=size, progress=progress)
    console.print(f"wrote {escape(str(out))}")


def watch_progress(folder: Path, out: Path, seconds: float, size: int, console: Console) -> None:
    """Film the agent of a run as it was at each of its policy snapshots, or print what it wrote."""
    if agent_of(folder) == "tamer":
        raise UserError("TAMER keeps no policies over training; leave out --every-checkpoint")
    language = read_settings(folder).language
    if language is not None:
        set_threads(language)
        print_samples_over_training(folder, console)
        return
    with _drawing_bar(console) as progress:
        film_progress(folder, out, seconds=seconds, size=size, progress=progress)
    console.print(f"wrote {escape(str(out))}")


def report(folder: Path, console: Console) -> None:
    """Write a run's report."""
    try:
        from .report.report import write_report
    except ModuleNotFoundError as error:
        raise UserError("reports need the report extra: pip install 'prefrl[report]'") from error
    with _drawing_bar(console) as progress:
        path = write_report(folder, progress=progress)
    console.print(f"wrote {escape(str(path))}")


@contextmanager
def _drawing_bar(console: Console) -> Iterator[Callable[[float], None]]:
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("drawing", total=1.0)
        yield lambda share: bar.update(task, completed=share)


def export(folder: Path, out: Path, console: Console) -> None:
    """Write the labels of a run as files for other programs."""
    store, settings = open_store(folder), read_settings(folder)
    count = export_labels(store, out)
    written = escape(str(out / "comparisons.jsonl"))
    console.print(f"wrote {count} comparisons to {written} and segments.npz")
    if is_readable(settings.env, settings.env_kwargs):
        reader = SegmentReader(settings.env, settings.env_kwargs)
        rows = export_preferences(store.comparisons(), reader, out)
        written = escape(str(out / PREFERENCES))
        console.print(f"wrote {rows} rows of prompt, chosen and rejected to {written}")


def import_(folder: Path, source: Path, console: Console) -> None:
    """Add labels from exported files to the label store of a run."""
    read_settings(folder)
    count = import_labels(LabelStore(folder / LABELS), source)
    console.print(f"added {count} comparisons to {escape(str(folder / LABELS))}")


def _run(
    settings: RunSettings,
    folder: Path,
    checkpoint: Path | None,
    console: Console,
    address: Address,
) -> None:
    started = time.monotonic()
    budget = settings.labels if settings.reward == "learned" else 0
    texts = settings.language is not None
    set_threads(settings.language)
    table = LiveTable(console, label_budget=budget, writes_texts=texts)
    # What people answered must not be waited for again, so each of their rounds is kept.
    share = math.inf if needs_people(settings) else CHECKPOINT_SHARE
    training = Training(settings, folder, table, checkpoint_share=share)
    if checkpoint is not None:
        training.load(checkpoint)
        console.print(f"going on from {training.env.steps_taken:,} steps")
    table.begin(total_steps=training.planned_steps, steps_done=training.env.steps_taken)
    with page_beside(settings, folder, address, console), table:
        try:
            training.run()
        except gymnasium.error.Error as error:
            message = f"the environment failed: {error}; once it works: prefrl resume {folder}"
            raise UserError(message) from error
    setup_and_training = time.monotonic() - started
    with console.status("evaluating"):
        result = results(training, setup_and_training)
    _draw(settings, folder, console)
    # Last, since a run that has its result is finished and is not gone on with.
    write_json(folder / "result.json", result)
    show_result(folder, console)


def _draw(settings: RunSettings, folder: Path, console: Console) -> None:
    curve = folder / "curve.png"
    name = settings.env.rpartition(":")[2]
    draw_curve(
        curve, read_metrics(folder), f"{name}, {settings.reward} reward, seed {settings.seed}"
    )
    console.print(f"learning curve: {escape(str(curve))}")
    try:
        film = Path("videos") / f"{folder.resolve().name}.mp4"
        watch(folder, film, 10.0, 256, console)
    except (UserError, OSError) as error:
        # A run is a success without its film.
        _warn(console, f"no clip: {error}")


def _warn(console: Console, message: str) -> None:
    console.print(f"[yellow]warning:[/yellow] {escape(message)}")
