"""A run of TAMER: games with feedback, then games without, and what came of it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from prefrl.agents.display import show_result
from prefrl.agents.evaluation import EVALUATION_SEED
from prefrl.agents.metrics import MetricsLog, read_metrics
from prefrl.agents.page import Address, check_page, live_page_beside
from prefrl.agents.recovery import mend_store
from prefrl.agents.run_folder import LABELS, claim_run, create_run_folder, read_config, write_json
from prefrl.envs.tetris.controllers import play
from prefrl.errors import UserError
from prefrl.feedback import Feedback, FeedbackLedger, ShownStep
from prefrl.store import LabelStore

from .display import GamesTable
from .player import Player, scripted_feedback
from .session import TamerSession
from .settings import TamerSettings
from .terminal import check_terminal, watch_in_terminal
from .trainer import ScriptedTrainer

WRITTEN_TOGETHER = 256
"""Placements of the scripted trainer's that are committed at once; people's are one by one."""


def train(
    settings: TamerSettings,
    folder: Path,
    console: Console,
    command: Sequence[str] = (),
    address: Address | None = None,
) -> None:
    """Start a run in a new folder and go on to its result.

    Args:
        settings: What determines the run.
        folder: The folder to make.
        console: Where to show it.
        command: The words of the command line, to be kept.
        address: Where the page is served, where a person watches on one.

    Raises:
        UserError: If a setting or the folder is unfit; then nothing is written.
    """
    address = address or Address()
    _check_place(settings, address)
    create_run_folder(folder, settings, command, agent="tamer")
    shown = escape(str(folder))
    console.print(f"training in {shown}; if interrupted, go on with: prefrl resume {shown}")
    with claim_run(folder):
        TamerRun(settings, folder, console, address).run()


def resume(folder: Path, console: Console, address: Address | None = None) -> None:
    """Go on with an interrupted run from what its label store holds.

    Raises:
        UserError: If the folder is no run of TAMER.
    """
    settings = read_tamer_settings(folder)
    if (folder / "result.json").exists():
        console.print(f"{escape(str(folder))} is finished; its results:")
        show_result(folder, console)
        return
    address = address or Address()
    _check_place(settings, address)
    with claim_run(folder):
        for message in mend_store(folder / LABELS, None):
            console.print(f"[yellow]warning:[/yellow] {escape(message)}")
        TamerRun(settings, folder, console, address).run()


def _check_place(settings: TamerSettings, address: Address) -> None:
    if settings.teacher != "human":
        return
    if settings.place == "page":
        check_page(address)
    else:
        check_terminal()


def read_tamer_settings(folder: Path) -> TamerSettings:
    """Return the settings of a run of TAMER.

    Raises:
        UserError: If the folder is no run, or its settings are not TAMER's.
    """
    try:
        return TamerSettings.from_json(read_config(folder)["settings"])
    except (KeyError, TypeError) as error:
        message = f"{folder / 'config.json'} does not hold settings of TAMER: {error}"
        raise UserError(message) from error


class TamerRun:
    """A run in progress.

    Args:
        settings: What determines the run.
        folder: The run's folder, with its `config.json` in place.
        console: Where to show it.
        address: Where the page is served, where a person watches on one.
    """

    def __init__(
        self, settings: TamerSettings, folder: Path, console: Console, address: Address
    ) -> None:
        """Go on where the label store is."""
        self.settings, self.folder = settings, folder
        self._console, self._address = console, address
        self._store = LabelStore(folder / LABELS)
        self.ledger = FeedbackLedger(self._store, settings.run)
        self.player = Player(settings, self.ledger)
        self._log = MetricsLog(folder, len(self.player.past))
        self._first_step, self._began = self.player.steps, time.monotonic()
        earlier = read_metrics(folder)
        self._earlier_seconds = earlier[-1]["seconds"] if earlier else 0.0

    @property
    def seconds(self) -> float:
        """How long the games have taken."""
        return self._earlier_seconds + time.monotonic() - self._began

    def run(self) -> None:
        """Play all games, and write the model and the result; people may break off before."""
        if self.settings.teacher == "human":
            self._play_with_a_person()
        else:
            self._play_with_the_scripted_trainer()
        self._log.close()
        self._store.close()
        if not self.player.finished:
            shown = escape(str(self.folder))
            self._console.print(f"broken off; go on with: prefrl resume {shown}")
            return
        with self._console.status("evaluating"):
            result = self._result()
        write_json(self.folder / "result.json", result)
        show_result(self.folder, self._console)

    def _play_with_a_person(self) -> None:
        session = TamerSession(self.player, self.ledger, on_game=self._finish_game)
        if self.settings.place == "terminal":
            watch_in_terminal(session)
            return
        page = (session, self.folder, self.settings.run, self._address, self._console)
        with live_page_beside(*page):
            session.run()

    def _play_with_the_scripted_trainer(self) -> None:
        with GamesTable(self._console) as table:
            while not self.player.finished:
                self._play_scripted_game(table)

    def _play_scripted_game(self, table: GamesTable) -> None:
        player, settings = self.player, self.settings
        trainer = ScriptedTrainer(
            settings.seed,
            len(player.past),
            settings.rated_share,
            settings.wrong_share,
            placements=player.game.pieces,
        )
        steps: list[ShownStep] = []
        feedback: list[Feedback] = []
        while not player.ended:
            clock = float(player.steps + 1)
            action = player.choose(clock)
            value = trainer.rate(player.games, action)
            steps.append(player.place(action, clock))
            if value:
                feedback.append(scripted_feedback(steps[-1], value, time.time()))
                player.learner.give(feedback[-1])
            if len(steps) == WRITTEN_TOGETHER or player.ended:
                self.ledger.write(steps, feedback)
                steps, feedback = [], []
                table.show(self._row())
        row = self._row()
        player.close_game()
        if player.finished:
            player.learner.finish()
        self._finish_game()
        table.finish_game(row)

    def _row(self) -> tuple[float, ...]:
        game, (good, bad) = self.player.game, self.player.tally()
        rate = (self.player.steps - self._first_step) / max(time.monotonic() - self._began, 1e-9)
        return len(self.player.past) + 1, game.lines, game.pieces, good, bad, rate

    def _finish_game(self) -> None:
        """Write the model and a row of metrics, after a game was closed."""
        game, (good, bad) = self.player.past[-1], self.player.tally()
        self.player.learner.model.save(self.folder)
        self._log.write(
            {
                "round": len(self.player.past) - 1,
                "steps": self.player.steps,
                "seconds": self.seconds,
                "true_return": game.lines,
                "pieces": game.pieces,
                "good": good,
                "bad": bad,
            }
        )

    def _result(self) -> dict[str, Any]:
        settings, player = self.settings, self.player
        good, bad = player.tally()
        seconds = self.seconds
        lines = play(
            player.learner.model.choose,
            settings.eval_games,
            player.env.settings,
            seed=EVALUATION_SEED,
            most_pieces=settings.most_pieces,
        )
        return {
            "env": settings.env,
            "agent": "tamer",
            "seed": settings.seed,
            "reward": "learned",
            "teacher": settings.teacher,
            "env_steps": player.steps,
            "labels": good + bad,
            "good": good,
            "bad": bad,
            "lines_of_games": [game.lines for game in player.past],
            "true_return_mean": float(lines.mean()),
            "true_return_std": float(lines.std()),
            "eval_episodes": len(lines),
            "reward_heldout_accuracy": None,
            "wall_seconds": self.seconds,
            "env_steps_per_second": player.steps / seconds,
        }
