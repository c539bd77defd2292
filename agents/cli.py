"""The command line: train, resume, watch, report, recipe, recipes, label, labels."""

import contextlib
import io
import math
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import gymnasium

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.errors import UserError

try:
    import tyro
    from rich.console import Console
    from tyro.conf import OmitArgPrefixes, Positional, subcommand

    from . import commands
    from .options import TrainOptions
    from .page import Address, label
    from .run_folder import agent_of
    from .tamer import training as tamer
    from .text.recipes import RECIPES, recipe_named
    from .threads import set_threads
except ModuleNotFoundError as error:
    print(
        f"prefrl: {error.name} is not installed; run: pip install 'prefrl[train]'", file=sys.stderr
    )
    sys.exit(2)


@dataclass(frozen=True)
class Train(TrainOptions):
    """Train an agent on preferences or feedback, to a learning curve and a table of results.

    Options that are not given take the defaults tuned for the environment.
    """

    def __call__(self, console: Console, words: Sequence[str]) -> None:
        """Run the command."""
        address, command = Address(self.host, self.port), ["prefrl", *words]
        if self.agent == "tamer":
            tamer.train(*self.resolve_tamer(), console, command, address)
            return
        settings, folder, given = self.resolve()
        commands.train(settings, folder, console, command, given=given, address=address)


@dataclass(frozen=True)
class Resume:
    """Go on with an interrupted run; its results are those of a run never interrupted."""

    folder: Positional[Path]
    """The run's folder."""
    host: str = "127.0.0.1"
    """Where the labelling page is served, where people answer."""
    port: int = 8765
    """The labelling page's port."""

    def __call__(self, console: Console, words: Sequence[str]) -> None:
        """Run the command."""
        address = Address(self.host, self.port)
        if agent_of(self.folder) == "tamer":
            tamer.resume(self.folder, console, address)
        else:
            commands.resume(self.folder, console, address)


@dataclass(frozen=True)
class Label:
    """Serve the labelling page of a run that is not being trained.

    Open questions come first; without any, segments of the last checkpoint are asked about.
    """

    folder: Positional[Path]
    """The run's folder."""
    labels: int | None = None
    """How many further questions to ask; by default what the budget has left."""
    host: str = "127.0.0.1"
    """Where the page is served; any other host needs the link that is printed."""
    port: int = 8765
    """The page's port."""

    def __call__(self, console: Console, words: Sequence[str]) -> None:
        """Run the command."""
        if self.labels is not None and self.labels < 0:
            raise UserError(f"--labels must be at least 0, not {self.labels}")
        label(self.folder, self.labels, Address(self.host, self.port), console)


@dataclass(frozen=True)
class Watch:
    """Film the agent of a run, as of its last checkpoint.

    Where it writes texts, some are printed beside those of the reference model, with their scores.
    """

    folder: Positional[Path]
    """The run's folder."""
    out: Path | None = None
    """The mp4 file to write; by default videos/RUN.mp4."""
    every_checkpoint: bool = False
    """Show the agent as it was over training instead: in one film, by default
    videos/RUN-progress.mp4, or what it wrote."""
    seconds: float | None = None
    """The longest duration of an episode, in seconds; by default 10, over training 3 each."""
    size: int = 480
    """Height and width of the film, in pixels."""

    def __call__(self, console: Console, words: Sequence[str]) -> None:
        """Run the command."""
        if not (self.seconds is None or 0 < self.seconds < math.inf) or self.size < 16:
            raise UserError("a film needs --seconds above 0 and --size of at least 16 pixels")
        name = self.folder.resolve().name
        if self.every_checkpoint:
            out = self.out or Path("videos") / f"{name}-progress.mp4"
            commands.watch_progress(self.folder, out, self.seconds or 3.0, self.size, console)
        else:
            out = self.out or Path("videos") / f"{name}.mp4"
            commands.watch(self.folder, out, self.seconds or 10.0, self.size, console)


@dataclass(frozen=True)
class Report:
    """Make report.html in a run's folder: results, curves, diagnostics and clips in one file."""

    folder: Positional[Path]
    """The run's folder."""

    def __call__(self, console: Console, words: Sequence[str]) -> None:
        """Run the command."""
        commands.report(self.folder, console)


@dataclass(frozen=True)
class Export:
    """Write a run's labels as comparisons.jsonl and segments.npz."""

    folder: Positional[Path]
    """The run's folder."""
    out: Path
    """The folder to write to."""

    def __call__(self, console: Console, words: Sequence[str]) -> None:
        """Run the command."""
        commands.export(self.folder, self.out, console)


@dataclass(frozen=True)
class Import:
    """Add exported labels to a run's label store, where they are kept; no run trains on them."""

    folder: Positional[Path]
    """The run's folder."""
    source: Positional[Path]
    """The folder with comparisons.jsonl and segments.npz."""

    def __call__(self, console: Console, words: Sequence[str]) -> None:
        """Run the command."""
        commands.import_(self.folder, self.source, console)


@dataclass(frozen=True)
class Labels:
    """Move labels between runs and other programs."""

    action: (
        Annotated[Export, subcommand("export", prefix_name=False)]
        | Annotated[Import, subcommand("import", prefix_name=False)]
    )

    def __call__(self, console: Console, words: Sequence[str]) -> None:
        """Run the command."""
        self.action(console, words)


@dataclass(frozen=True)
class Recipe:
    """Train as a published system did; prefrl recipes lists them with what they stand for."""

    name: Positional[str]
    """The recipe's name."""
    seed: int = 0
    """Fixes everything, as in prefrl train."""
    out: Path | None = None
    """The run's folder; by default runs/ENV-SEED-TIME."""

    def __call__(self, console: Console, words: Sequence[str]) -> None:
        """Run the command."""
        out = [] if self.out is None else ["--out", str(self.out)]
        trained = ["train", *recipe_named(self.name).words, "--seed", str(self.seed), *out]
        parse(trained)(console, words)


@dataclass(frozen=True)
class Recipes:
    """List the recipes: the paper, what is special about it, and the command it stands for."""

    def __call__(self, console: Console, words: Sequence[str]) -> None:
        """Run the command."""
        for recipe in RECIPES:
            console.print(f"[bold]{recipe.name}[/bold]: {recipe.source}")
            console.print(recipe.idea)
            console.print(f"{recipe.command}\n", soft_wrap=True)


Command: TypeAlias = (
    Annotated[Train, subcommand("train")]
    | Annotated[Resume, subcommand("resume")]
    | Annotated[Watch, subcommand("watch")]
    | Annotated[Report, subcommand("report")]
    | Annotated[Recipe, subcommand("recipe")]
    | Annotated[Recipes, subcommand("recipes")]
    | Annotated[Label, subcommand("label")]
    | Annotated[Labels, subcommand("labels")]
)


def parse(arguments: Sequence[str]) -> Command:
    """Return the command that arguments stand for.

    Raises:
        UserError: If they are no command.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(
                Command,
                prog="prefrl",
                description="Reinforcement learning from preferences.",
                args=list(arguments),
                config=(OmitArgPrefixes,),
            )
    except SystemExit as exit_:
        if not exit_.code:
            raise
        raise UserError(_one_line(said.getvalue())) from None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; bad input is one line on standard error and exit status 2."""
    console = Console(highlight=False)
    try:
        words = sys.argv[1:] if arguments is None else arguments
        _find_modules_here()
        command = parse(words)
        set_threads(None)
        command(console, words)
    except UserError as error:
        print(f"prefrl: {error}", file=sys.stderr)
        sys.exit(2)
    except gymnasium.error.Error as error:  # of an environment, while a run trains in it
        print(f"prefrl: the environment failed: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"prefrl: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("prefrl: interrupted", file=sys.stderr)
        sys.exit(130)


def _find_modules_here() -> None:
    """Let scorers and environments be imported from where the command is given, as by python -m."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)


def _one_line(box: str) -> str:
    text = re.sub(r"[│╭╮╰╯─┌┐└┘]+", " ", box)
    return re.sub(r"\s+", " ", text).strip()


if __name__ == "__main__":
    main()
