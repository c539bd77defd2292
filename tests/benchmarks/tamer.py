"""Teach TAMER Tetris in three games, and compare it with the cross-entropy method.

    python tests/benchmarks/tamer.py [--seeds 20] [--height 20] [--picture videos/README/tamer.png]

Each run of TAMER is `prefrl train prefrl/Tetris-v0 --agent tamer` with a scripted trainer; three
more games follow without feedback. The cross-entropy method plays 100 games an iteration, with the
same features as TAMER. All games are broken off after 5,000 pieces, which is at most 2,000 lines on
ten columns. What is in the file of results is not played again.
"""

import io
import json
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from matplotlib.axes import Axes
from numpy.typing import NDArray
from rich.console import Console

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.agents.chart_style import PREDICTED_COLOUR, TRUE_COLOUR, make_axes
from prefrl.agents.cross_entropy import cross_entropy
from prefrl.agents.tamer.model import FEATURES, load_model
from prefrl.agents.tamer.settings import TamerSettings
from prefrl.agents.tamer.training import train
from prefrl.envs.tetris.controllers import play
from prefrl.envs.tetris.settings import Settings

TRAINERS = {
    "rates all, no mistakes": (1.0, 0.0),
    "rates 30 %, 20 % of signs wrong": (0.3, 0.2),
}
"""Shares rated and wrong."""

CROSS_ENTROPY = "cross-entropy method"
COLOURS = dict(
    zip([*TRAINERS, CROSS_ENTROPY], (TRUE_COLOUR, PREDICTED_COLOUR, "#2f855a"), strict=True)
)

TRAINED, FOLLOWING = 3, 3
"""Games with feedback, and games after them."""

MOST_PIECES = 5_000
"""After which games are broken off."""


@dataclass(frozen=True)
class Options:
    """What to play."""

    seeds: int = 20
    """Runs of TAMER with each trainer."""
    first_seed: int = 0
    """The first seed; the others count up."""
    height: int = 20
    """Rows of the boards, which have ten columns."""
    cross_entropy_seeds: int = 3
    """Runs of the cross-entropy method."""
    enough_lines: float = 500.0
    """Mean lines of an iteration at which the cross-entropy method has seen enough."""
    most_iterations: int = 40
    """Iterations after which it stops in any case."""
    results: Path = Path(".benchmarks/tamer.jsonl")
    """File for the numbers, one row a run."""
    picture: Path | None = None
    """The picture to draw."""


Row = dict[str, Any]


def teach(seed: int, rated: float, wrong: float, height: int) -> Row:
    """Teach TAMER, let it play on, and return the lines of all games."""
    with tempfile.TemporaryDirectory() as home:
        settings = TamerSettings(
            env="prefrl.envs:prefrl/Tetris-v0",
            run="run",
            seed=seed,
            games=TRAINED,
            rated_share=rated,
            wrong_share=wrong,
            most_pieces=MOST_PIECES,
            eval_games=1,
            env_kwargs={"features": FEATURES, "height": height},
        )
        started, folder = time.perf_counter(), Path(home) / "run"
        train(settings, folder, Console(file=io.StringIO()), [])
        result = json.loads((folder / "result.json").read_text())
        following = play(
            load_model(folder).choose,
            FOLLOWING,
            Settings(**settings.env_kwargs),
            seed=seed,
            most_pieces=MOST_PIECES,
        )
    return {
        "lines": [*result["lines_of_games"], *following.tolist()],
        "feedback": result["labels"],
        "placements": result["env_steps"],
        "seconds": time.perf_counter() - started,
    }


def search(seed: int, options: Options) -> Row:
    """Run the cross-entropy method, and return the mean lines of its iterations."""
    settings, means = Settings(features=FEATURES, height=options.height), []
    started = time.perf_counter()
    for iteration in cross_entropy(settings, seed=seed, most_pieces=MOST_PIECES):
        means.append(float(iteration.lines.mean()))
        if means[-1] >= options.enough_lines or len(means) == options.most_iterations:
            break
    return {"lines": means, "seconds": time.perf_counter() - started}


def play_what_is_missing(options: Options) -> list[Row]:
    """Return a row for every run, those that are not in the file yet played now."""
    options.results.parent.mkdir(parents=True, exist_ok=True)
    text = options.results.read_text() if options.results.exists() else ""
    rows = [json.loads(line) for line in text.splitlines()]
    known = {(row["player"], row["seed"], row["height"]) for row in rows}
    for player, seed in _wanted(options):
        if (player, seed, options.height) in known:
            continue
        if player == CROSS_ENTROPY:
            found = search(seed, options)
        else:
            found = teach(seed, *TRAINERS[player], options.height)
        row = {"player": player, "seed": seed, "height": options.height, **found}
        rows.append(row)
        with options.results.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{player}, seed {seed}: {row['lines']} [{row['seconds']:.0f} s]", flush=True)
    return [row for row in rows if row["height"] == options.height]


def _wanted(options: Options) -> Iterable[tuple[str, int]]:
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for player in reversed(TRAINERS):  # the one with the shorter games first
        yield from ((player, seed) for seed in seeds)
    yield from ((CROSS_ENTROPY, seed) for seed in seeds[: options.cross_entropy_seeds])


def lines_of(rows: list[Row], player: str) -> NDArray[np.float64]:
    """Return a player's lines, `[seeds, games or iterations]`, as far as all seeds have them."""
    runs = [row["lines"] for row in rows if row["player"] == player]
    return np.array([run[: min(map(len, runs))] for run in runs], np.float64)


def summarise(rows: list[Row]) -> None:
    """Print lines of game 1, of games 4 to 6, and the games that the other method needs."""
    for player in TRAINERS:
        lines = lines_of(rows, player)
        later = lines[:, TRAINED:].mean(axis=1)
        feedback = [row["feedback"] for row in rows if row["player"] == player]
        print(
            f"{player} ({len(lines)} seeds): by game {lines.mean(axis=0).round(1).tolist()}; "
            f"games 4 to 6 {later.mean():,.1f} ± {later.std(ddof=1) / len(later) ** 0.5:,.1f}, "
            f"median {np.median(later):,.1f}, seeds below 20 lines {(later < 20).sum()}; "
            f"feedback, median {np.median(feedback):,.0f}"
        )
        runs = [row["lines"] for row in rows if row["player"] == CROSS_ENTROPY]
        games = [_games_for(run, later.mean()) for run in runs]
        print(f"  the {CROSS_ENTROPY} has as many lines in the games up to {games}")


def _games_for(run: list[float], lines: float) -> str:
    reached = [number for number, mean in enumerate(run) if mean >= lines]
    return f"{100 * (reached[0] + 1):,}" if reached else f"more than {100 * len(run):,}"


def draw(rows: list[Row], path: Path) -> None:
    """Draw lines a game against games played, with 95 % intervals of the mean over seeds."""
    figure, axes = make_axes("Tetris 10×20: lines a game", 8, 4.5)
    for player in TRAINERS:
        lines = lines_of(rows, player)
        games = np.arange(1, lines.shape[1] + 1)
        _band(axes, games, lines, f"TAMER, trainer {player}", COLOURS[player])
    axes.axvline(TRAINED + 0.5, color="#8a8f98", linestyle=":", linewidth=1)
    axes.annotate("feedback ends", (TRAINED + 0.6, 0.02), fontsize=8, color="#8a8f98")
    lines = lines_of(rows, CROSS_ENTROPY)
    games = 100 * np.arange(1, lines.shape[1] + 1) - 50
    _band(axes, games, lines, f"{CROSS_ENTROPY}, same features", COLOURS[CROSS_ENTROPY])
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("games played")
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.legend(frameon=False, loc="upper right", labelcolor="linecolor")
    figure.savefig(path, facecolor="white")


def _band(
    axes: Axes, games: NDArray[np.int64], lines: NDArray[np.float64], label: str, colour: str
) -> None:
    random = np.random.default_rng(0)
    drawn = random.integers(len(lines), size=(2000, len(lines)))
    low, high = np.percentile(lines[drawn].mean(axis=1), [2.5, 97.5], axis=0)
    axes.plot(games, lines.mean(axis=0), "o-", color=colour, markersize=4, label=label)
    axes.fill_between(games, low, high, color=colour, alpha=0.15, linewidth=0)


def main(options: Options) -> None:
    """Play what is missing, and say and draw what came of it."""
    rows = play_what_is_missing(options)
    summarise(rows)
    if options.picture is not None:
        draw(rows, options.picture)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
