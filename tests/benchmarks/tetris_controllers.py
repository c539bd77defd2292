"""Play Tetris with published controllers and compare their lines with the published ones.

    python tests/benchmarks/tetris_controllers.py [--games 1000] [--height 10] [--game-over RULE]

Games are played to their ends on all boards at once; each number is the mean over games with its
standard error. Lines differ by rule: published ones are of mdptetris, whose simplified game ends
when a piece comes to rest above the board, "overflow" here.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from prefrl.envs.tetris import controllers
from prefrl.envs.tetris.controllers import Choose, play
from prefrl.envs.tetris.settings import Settings

PUBLISHED = {
    ("bcts", 10): "3,800 (DU)",
    ("dt-10", 10): "5,000",
    ("dt-20", 10): "4,300",
    ("dellacherie", 20): "about 660,000",
    ("bcts", 20): "about 35 million; 31 million (DU)",
    ("dt-10", 20): "29 million",
    ("dt-20", 20): "51 million",
}
"""Lines on ten columns, by controller and height (Scherrer et al. 2015, table 1, 10,000 games;
Dellacherie and BCTS on 20 rows: Thiery and Scherrer 2009)."""


@dataclass(frozen=True)
class Options:
    """What to play."""

    games: int = 1000
    """Games of each controller."""
    height: int = 10
    """Rows of the boards, which have ten columns. On 20, the good ones play for days."""
    game_over: Literal["overflow", "spawn", "after_lines"] = "overflow"
    """The rule by which games end."""
    seed: int = 0
    """Determines the pieces."""
    players: tuple[str, ...] = (
        *("random", "bertsekas-start", "dellacherie", "el-tetris", "bcts", "dt-10", "dt-20"),
    )
    """Controllers to play."""
    out: Path = Path(".benchmarks/tetris_controllers.json")
    """File for the numbers."""


def all_players(seed: int) -> dict[str, Choose]:
    """Return the players by name."""
    return {
        "random": controllers.random_controller(np.random.default_rng(seed)),
        "bertsekas-start": controllers.bertsekas_start().choose,
        "dellacherie": controllers.DELLACHERIE.choose,
        "el-tetris": controllers.EL_TETRIS.choose,
        "bcts": controllers.BCTS.choose,
        "dt-10": controllers.DT_10.choose,
        "dt-20": controllers.DT_20.choose,
    }


def main(options: Options) -> None:
    """Play, and print and write a line for each controller."""
    settings = Settings(height=options.height, game_over=options.game_over)
    players, results = all_players(options.seed), {}
    for name in options.players:
        started = time.perf_counter()
        lines = play(players[name], options.games, settings, options.seed)
        mean, error = lines.mean(), lines.std(ddof=1) / np.sqrt(len(lines))
        published = PUBLISHED.get((name, options.height), "none known")
        seconds = time.perf_counter() - started
        print(f"{name:16} {mean:10,.1f} ± {error:6,.1f}  published: {published}  [{seconds:.0f} s]")
        results[name] = {
            "lines": float(mean),
            "standard_error": float(error),
            "games": len(lines),
            "published": published,
            "seconds": seconds,
        }
        options.out.parent.mkdir(parents=True, exist_ok=True)
        rules = {"height": options.height, "game_over": options.game_over, "seed": options.seed}
        options.out.write_text(json.dumps({"rules": rules, "players": results}, indent=2) + "\n")


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
