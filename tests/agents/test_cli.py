"""The command line: what it says and with which status it ends."""

import fcntl
import itertools
import json
import os
import re
import shlex
import shutil
import socket
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from prefrl.agents import load
from prefrl.agents.cli import main
from prefrl.agents.run_folder import read_settings
from prefrl.checkpoints import whole_checkpoints
from prefrl.labelling.server import PageSettings
from prefrl.store import LabelStore

TINY = ["--steps", "800", "--labels", "12", "--rounds", "3", "--num-envs", "2"]
TINY += ["--n-steps", "50", "--batch-size", "50", "--n-epochs", "1"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, where runs/ and videos/ are made; without drawing, which is slow."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("prefrl.agents.watching.film_episode", lambda *_, **__: None)


@pytest.fixture
def run() -> Path:
    """A finished run."""
    main(["train", "prefrl/Reacher-v0", *TINY, "--out", "run"])
    return Path("run")


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the one line on standard error of a command that ends with status 2."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def result(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return values


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train prefrl/HalfCheeta-v0", "did you mean prefrl/HalfCheetah-v0"),
        ("train ALE/Pong-v5", "pip install 'ale-py'"),
        ("train nosuchmodule:Thing-v0", "pip install nosuchmodule"),
        ("train CartPole-v1 --labels -1", "--labels must be at least 0, not -1"),
        ("train CartPole-v1 --labels 0", "--labels must be at least 1, not 0"),
        ("train CartPole-v1 --segment-seconds inf", "--segment-seconds must be above 0 and finite"),
        ("train CartPole-v1 --initial-share 0", "--initial-share must be above 0"),
        ("train CartPole-v1 --env-kwargs gravity", "takes KEY=VALUE, not 'gravity'"),
        ("train CartPole-v1 --env-kwargs a={1}", "--env-kwargs cannot be kept"),
        ("train CartPole-v1 --env-kwargs nonsense=1", "cannot be made with these arguments"),
        ("train Hopper-v3", "Hopper-v3"),
        ("train CartPole-v1 --labels many", "--labels"),
        ("train CartPole-v1 --steps 0", "--steps must be at least 1, not 0"),
        ("train CartPole-v1 --seed -1", "--seed must be at least 0"),
        ("train CartPole-v1 --gamma 1.5", "--gamma must be in [0, 1]"),
        ("train CartPole-v1 --learning-rate 0", "--learning-rate must be above 0"),
        ("train CartPole-v1 --batch-size 999", "--batch-size 999 must divide"),
        (
            "train CartPole-v1 --teacher nobody",
            "known are: oracle, human",
        ),
        ("train CartPole-v1 --reward false", "--reward"),
        ("train CartPole-v1 --labels-from nowhere", "nowhere holds no labels"),
        ("train CartPole-v1 --teacher human --port 99999", "--port must be from 1 to 65535"),
        ("label nowhere", "nowhere is no run"),
        ("label nowhere --labels -1", "--labels must be at least 0, not -1"),
        ("train CartPole-v1 --lables 3", "--labels"),
        ("train Blackjack-v1", "observation space is Tuple, which is not supported"),
        ("train", "Required options"),
        ("fly", "train, resume, watch, report, recipe, recipes, label, labels"),
        ("resume nowhere", "nowhere is no run"),
        ("watch nowhere", "nowhere is no run"),
        ("watch nowhere --every-checkpoint", "nowhere is no run"),
        ("watch nowhere --seconds 0", "--seconds above 0"),
        ("report nowhere", "nowhere is no run"),
        ("labels export nowhere --out out", "nowhere is no run"),
        ("labels import nowhere out", "nowhere is no run"),
    ],
)
def test_bad_input(capsys: pytest.CaptureFixture[str], arguments: str, message: str) -> None:
    assert message in fails(capsys, *arguments.split())
    assert list(Path().iterdir()) == []


def test_arguments_for_the_environment_are_used_and_kept() -> None:
    kwargs = ["--env-kwargs", "is_slippery=False", "map_name=8x8"]
    main(["train", "FrozenLake-v1", *TINY, "--out", "run", *kwargs])
    assert read_settings(Path("run")).env_kwargs == {"is_slippery": False, "map_name": "8x8"}
    assert load(Path("run")).observation_space.n == 64  # type: ignore[attr-defined]


def test_a_folder_that_is_not_empty_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Path("full").mkdir()
    Path("full/file").write_text("content")
    assert "full is not empty" in fails(capsys, "train", "CartPole-v1", "--out", "full")
    assert [path.name for path in Path("full").iterdir()] == ["file"]


def test_an_unwritable_folder(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("")
    assert "cannot write to file/run" in fails(capsys, "train", "CartPole-v1", "--out", "file/run")


def test_a_run_of_another_version(capsys: pytest.CaptureFixture[str], run: Path) -> None:
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "format": 99}))
    assert "another version of prefrl (run format 99" in fails(capsys, "resume", "run")


def test_help_explains_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["train", "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "How many comparisons" in text or "how many comparisons" in text
    assert "simulated seconds" in text


def test_train_writes_its_results(run: Path) -> None:
    values = result(run)
    assert values["env"] == "prefrl.envs:prefrl/Reacher-v0"
    assert values["labels"] == 12
    assert values["env_steps"] >= 800
    assert values["eval_episodes"] == 20
    assert 0 <= values["reward_heldout_accuracy"] <= 1
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 4
    assert (run / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert list((run / "tensorboard").iterdir())


def test_the_command_is_kept(run: Path) -> None:
    command = json.loads((run / "config.json").read_text())["command"]
    assert shlex.split(command) == ["prefrl", "train", "prefrl/Reacher-v0", *TINY, "--out", "run"]


def test_a_report_of_a_run_without_a_checkpoint(
    capsys: pytest.CaptureFixture[str], run: Path
) -> None:
    shutil.rmtree(run / "checkpoints")
    assert "run has no whole checkpoint yet" in fails(capsys, "report", "run")
    assert not (run / "report.html").exists()


def test_the_same_command_twice_gives_the_same_result(run: Path) -> None:
    main(["train", "prefrl/Reacher-v0", *TINY, "--out", "again"])
    one, other = result(run), result(Path("again"))
    for name in one.keys() - {"wall_seconds", "env_steps_per_second"}:
        assert one[name] == other[name], name


def test_resuming_a_finished_run_shows_its_result(
    capsys: pytest.CaptureFixture[str], run: Path
) -> None:
    before = result(run)
    main(["resume", "run"])
    assert "is finished" in capsys.readouterr().out
    assert result(run) == before


def test_a_damaged_checkpoint_is_passed_over(capsys: pytest.CaptureFixture[str], run: Path) -> None:
    before = result(run)
    newest = whole_checkpoints(run)[-1]
    policy = newest / "policy.safetensors"
    policy.write_bytes(policy.read_bytes()[:100])
    (run / "result.json").unlink()
    main(["resume", "run"])
    said = " ".join(capsys.readouterr().out.split())
    assert f"{newest} is damaged" in said
    assert result(run)["true_return_mean"] == before["true_return_mean"]


@pytest.mark.parametrize("damage", ["truncated", "overwritten"])
def test_a_damaged_label_store_is_restored(
    capsys: pytest.CaptureFixture[str], run: Path, damage: str
) -> None:
    before = result(run)
    verdicts = [c.verdict for c in LabelStore(run / "labels.sqlite").comparisons()]
    store = run / "labels.sqlite"
    content = store.read_bytes()
    half = len(content) // 2
    store.write_bytes(
        content[:half] if damage == "truncated" else os.urandom(4096) + content[4096:]
    )
    for suffix in ("-wal", "-shm"):
        Path(f"{store}{suffix}").unlink(missing_ok=True)
    (run / "result.json").unlink()
    main(["resume", "run"])
    said = " ".join(capsys.readouterr().out.split())
    assert "is damaged" in said
    assert "are restored" in said
    assert Path(f"{store}.damaged-1").exists()
    assert [c.verdict for c in LabelStore(store).comparisons()] == verdicts
    assert result(run)["true_return_mean"] == before["true_return_mean"]


def test_labels_move_between_runs(capsys: pytest.CaptureFixture[str], run: Path) -> None:
    main(["labels", "export", "run", "--out", "exported"])
    assert "wrote 12 comparisons" in capsys.readouterr().out
    main(["train", "prefrl/Reacher-v0", *TINY, "--out", "other"])
    main(["labels", "import", "other", "exported"])
    assert "added 12 comparisons" in " ".join(capsys.readouterr().out.split())
    assert LabelStore("other/labels.sqlite").labels_used() == 24


def test_a_run_that_another_process_trains_is_left_to_it(
    capsys: pytest.CaptureFixture[str], run: Path
) -> None:
    (run / "result.json").unlink()
    with (run / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert "run is being trained by another process" in fails(capsys, "resume", "run")


def test_a_run_killed_before_its_first_checkpoint_starts_anew(run: Path) -> None:
    before = result(run)
    shutil.rmtree(run / "checkpoints")
    (run / "result.json").unlink()
    main(["resume", "run"])
    assert result(run)["true_return_mean"] == before["true_return_mean"]
    assert result(run)["labels"] == 12


def test_a_folder_that_cannot_be_exported_to(capsys: pytest.CaptureFixture[str], run: Path) -> None:
    Path("file").write_text("")
    assert "file" in fails(capsys, "labels", "export", "run", "--out", "file/labels")


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        arguments = f"train CartPole-v1 --teacher human --port {port} --out run"
        message = fails(capsys, *arguments.split())
    assert f"port {port} (Address already in use); use --port " in message
    assert not Path("run").exists()


def test_labels_that_exist_are_trained_on(run: Path) -> None:
    main(["train", "prefrl/Reacher-v0", *TINY, "--out", "other", "--labels-from", "run"])
    assert result(Path("other"))["labels"] == 12
    assert 0 <= result(Path("other"))["reward_heldout_accuracy"] <= 1
    keys = [label.query.key.run for label in LabelStore("other/labels.sqlite").labels()]
    assert keys == ["run"] * 12


def test_given_labels_of_another_environment(capsys: pytest.CaptureFixture[str], run: Path) -> None:
    arguments = ["train", "CartPole-v1", "--out", "other", "--labels-from", "run"]
    assert "about another environment" in fails(capsys, *arguments)
    assert not Path("other").exists()


def test_a_stopped_run_is_labelled_from_its_pool(
    monkeypatch: pytest.MonkeyPatch, run: Path
) -> None:
    served: list[PageSettings] = []
    monkeypatch.setattr("prefrl.labelling.server.serve", served.append)
    main(["label", "run"])
    main(["label", "run", "--labels", "5"])
    main(["label", "run"])
    questions = LabelStore("run/labels.sqlite").labels("run")
    assert len(questions) == 17
    assert sum(question.answer is None for question in questions) == 5
    assert [page.budget for page in served] == [12, 12, 12]


def test_a_run_on_the_true_reward_has_nothing_to_label(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["train", "prefrl/Reacher-v0", *TINY, "--out", "run", "--reward", "true"])
    assert "run was trained on the true reward" in fails(capsys, "label", "run")


def test_people_label_while_the_agent_trains() -> None:
    """The command serves the page, waits for labels, and ends with them."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    labeller = threading.Thread(target=answer_everything, args=(f"http://127.0.0.1:{port}",))
    labeller.start()
    human = ["--teacher", "human", "--port", str(port), "--out", "run"]
    main(["train", "prefrl/Reacher-v0", *TINY, *human])
    labeller.join()
    assert result(Path("run"))["labels"] == 12
    answers = LabelStore("run/labels.sqlite").comparisons()
    assert {answer.labeller for answer in answers} == {"robot"}  # type: ignore[attr-defined]


def answer_everything(link: str) -> None:
    """Answer through the page's own requests, until the server is gone."""
    who = {"labeller": "robot", "tab": "tab-of-robot", "seconds": 1, "verdict": "left"}
    for number in itertools.count():
        time.sleep(0.05)
        try:
            page = urllib.request.urlopen(link, timeout=20).read().decode()
            found = re.search(r'data-posting="(\w+)"', page)
            assert found is not None
            url = f"{link}/pairs?labeller=robot&tab=tab-of-robot"
            pairs = json.loads(urllib.request.urlopen(url, timeout=20).read())["pairs"]
            for pair in pairs[:1]:
                body = {**who, "key": pair["key"], "token": f"token-{number:06d}"}
                headers = {"X-CSRF-Token": found[1]}
                data = json.dumps(body).encode()
                urllib.request.urlopen(
                    urllib.request.Request(f"{link}/verdict", data, headers), timeout=20
                ).close()
        except OSError:
            if (Path("run") / "result.json").exists() or number > 2000:
                return
