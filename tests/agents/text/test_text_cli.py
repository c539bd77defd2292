"""The command line on texts: a run from start to report, recipes, and what it refuses."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_llama import make_tiny_llama

from prefrl.agents import load
from prefrl.agents.cli import main, parse
from prefrl.agents.metrics import read_metrics
from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.policy_snapshots import snapshot_steps
from prefrl.agents.text.recipes import RECIPES
from prefrl.checkpoints import whole_checkpoints
from prefrl.envs.text.tokenizer import BUNDLED

TINY = ["--steps", "512", "--labels", "12", "--rounds", "2", "--num-envs", "8", "--n-steps", "16"]
TINY += ["--batch-size", "64", "--n-epochs", "1", "--fit-epochs", "1", "--evaluation-texts", "4"]
SHORT = ["--env-kwargs", "horizon=6", "samples_per_prompt=2"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("prefrl.agents.results.FINAL_TEXTS", 8)


@pytest.fixture(autouse=True)
def model(tmp_path: Path) -> Path:
    """A language model with random weights, for the tokenizer that comes along."""
    make_tiny_llama(tmp_path / "model", vocabulary_size=912)
    return tmp_path / "model"


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def result(folder: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((Path(folder) / "result.json").read_text())
    return values


def without_times(folder: str) -> dict[str, Any]:
    return {name: value for name, value in result(folder).items() if "second" not in name}


def test_a_run_from_start_to_report(capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", "prefrl/Sentiment-v0", *TINY, *SHORT, "--model", "model", "--out", "run"])
    found = result("run")
    assert found["tokens"] == found["env_steps"] >= 512
    assert found["tokens_per_second"] > 0
    assert found["labels"] == 12
    assert found["eval_episodes"] == 8
    assert math.isfinite(found["kl"])
    assert 0 <= found["win_rate_vs_reference"] <= 1
    assert "better than the reference" in capsys.readouterr().out
    assert isinstance(load("run").policy, CausalLMPolicy)
    main(["watch", "run"])
    shown = capsys.readouterr().out
    assert "prompt" in shown
    assert "reference" in shown
    main(["watch", "run", "--every-checkpoint"])
    shown = capsys.readouterr().out
    for steps in snapshot_steps(Path("run")):
        assert shown.count(f" {steps:,} ") >= 3
    main(["report", "run"])
    page = Path("run/report.html").read_text()
    for said in ("What the agent writes", "win rate over the reference", "KL to the reference"):
        assert said in page
    assert "text 1" in page or "called it a tie" in page
    main(["labels", "export", "run", "--out", "labels"])
    with Path("labels/preferences.jsonl").open() as file:
        assert all(json.loads(line)["prompt"] for line in file)
    again = ["--labels-from", "labels", "--model", "model", "--out", "again"]
    main(["train", "prefrl/Sentiment-v0", *TINY, *SHORT, *again])
    assert result("again")["labels"] == 12
    losses = {row["reward/training_loss"] for row in read_metrics(Path("again"))}
    assert len(losses) == 1, "what is given is fitted once"


def test_the_same_command_gives_the_same_result() -> None:
    for out in ("one", "other"):
        main(["train", "prefrl/Dates-v0", *TINY, *SHORT, "--model", "model", "--out", out])
    assert without_times("one") == without_times("other")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_recipes_are_commands_that_exist(recipe: Any) -> None:
    parse(recipe.command.split()[1:])


def test_recipes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["recipes"])
    said = capsys.readouterr().out
    for recipe in RECIPES:
        assert recipe.name in said
        assert recipe.command in said


def test_a_recipe_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("prefrl.agents.text.starting_model.TINY", Path("model").resolve())
    monkeypatch.setattr("prefrl.agents.commands.train", lambda *given, **_: seen.append(given))
    main(["recipe", "ziegler", "--seed", "7", "--out", "there"])
    settings, folder, *_ = seen[0]
    assert settings.seed == 7
    assert settings.preferences.options == settings.env_kwargs["samples_per_prompt"] == 4
    assert folder == Path("there")


def test_a_models_tokenizer_comes_with_it(monkeypatch: pytest.MonkeyPatch, model: Path) -> None:
    (model / "tokenizer.json").write_bytes(BUNDLED.read_bytes())
    seen: list[Any] = []
    monkeypatch.setattr("prefrl.agents.commands.train", lambda *given, **_: seen.append(given))
    main(["train", "prefrl/Dates-v0", "--model", "model"])
    assert seen[0][0].env_kwargs["tokenizer"] == str(model)


def test_runs_know_their_files_wherever_they_are_gone_on_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("own_scorer.py").write_text("def score(prompt, text):\n    return 1.0\n")
    Path("some.txt").write_text("once upon a time\n")
    seen: list[Any] = []
    monkeypatch.setattr("prefrl.agents.commands.train", lambda *given, **_: seen.append(given))
    monkeypatch.setattr("sys.path", [folder for folder in sys.path if folder])
    words = ["--env-kwargs", "prompts=some.txt", "scorer=own_scorer:score"]
    main(["train", "prefrl/TextGeneration-v0", "--model", "model", *words])
    assert seen[0][0].env_kwargs["prompts"] == str(Path("some.txt").resolve())


@pytest.mark.parametrize(
    ("words", "members", "coefficient", "target"),
    [
        ("", 1, 0.12, 4.0),
        ("--kl-coefficient 0", 1, 0.0, None),
        ("--lora-rank 2", 3, 0.1, 6.0),
        ("--lora-rank 2 --reward-fit model", 1, 0.1, 6.0),
        ("--reward-fit head", 3, 0.12, 4.0),
    ],
)
def test_defaults_suit_what_is_trained_and_fitted(
    words: str,
    members: int,
    coefficient: float,
    target: float | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("prefrl.agents.commands.train", lambda *given, **_: seen.append(given))
    main(["train", "prefrl/Dates-v0", "--model", "model", *words.split()])
    settings = seen[0][0]
    assert settings.members == members
    assert settings.preferences.first_epochs == (30 if members == 3 else 6)
    assert settings.language.kl_coefficient == coefficient
    assert settings.language.kl_target == target


def test_given_labels_have_to_be_texts_of_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    task = ["prefrl/Dates-v0", "--model", "model"]
    kwargs = ["--env-kwargs", "samples_per_prompt=2", "context=64"]
    main(["train", *task, *TINY, *kwargs, "horizon=6", "--out", "run"])
    capsys.readouterr()
    given = ["train", *task, "--labels-from", "run", "--out", "other", *kwargs]
    assert "do not end within the horizon of 9" in fails(capsys, *given, "horizon=9")
    assert not Path("other").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("CartPole-v1 --kl-target 3", "--kl-target is for environments that write texts"),
        ("prefrl/Dates-v0 --temperature 0", "--temperature must be above 0"),
        ("prefrl/Dates-v0 --kl-coefficient -1", "--kl-coefficient must be at least 0"),
        ("prefrl/Dates-v0 --mask-share 1", "--mask-share must be at least 0 and below 1"),
        ("prefrl/Dates-v0 --kl-coefficient 0 --kl-target 2", "cannot be steered"),
        ("prefrl/Dates-v0 --mask-least 5", "--mask-least and --mask-updates need a --mask-share"),
        ("prefrl/Dates-v0 --critic reward --reward true", "--critic reward needs a learned"),
        ("prefrl/Dates-v0 --reward-likelihood True --reward true", "needs a learned"),
        ("prefrl/Dates-v0 --critic reward --reward-likelihood True", "reads no likelihoods"),
        ("prefrl/Dates-v0 --strategy disagreement", "needs members that disagree"),
        ("prefrl/Dates-v0 --model nothing", "nothing is no folder of a language model"),
        ("prefrl/Dates-v0 --model small", "912 tokens and the language model"),
        (f"prefrl/Dates-v0 --model own --env-kwargs tokenizer={BUNDLED}", "does not match"),
        ("prefrl/SummariseFacts-v0 --model narrow", "reads at most 32"),
        ("prefrl/Dates-v0 --env-kwargs samples_per_prompt=1", "too few texts of a prompt"),
        ("prefrl/Dates-v0 --env-kwargs prompts=empty.txt", "there is no prompt in empty.txt"),
        (
            "prefrl/TextGeneration-v0 --env-kwargs prompts=some.txt "
            "scorer=prefrl.envs.text.tasks.dates:score --supervised-texts 5",
            "needs a task with a corpus",
        ),
        (
            "prefrl/TextGeneration-v0 --env-kwargs prompts=some.txt responder=operator:add "
            "scorer=prefrl.envs.text.tasks.dates:score --reward-likelihood True",
            "what the responder appends",
        ),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_tiny_llama(Path("small"), vocabulary_size=32)
    make_tiny_llama(Path("narrow"), vocabulary_size=912, context=32)
    make_tiny_llama(Path("own"), vocabulary_size=912)
    Path("own/tokenizer.json").write_text(BUNDLED.read_text().replace('"Ġwonderful"', '"Ġother"'))
    Path("empty.txt").write_text("\n")
    Path("some.txt").write_text("once upon a time\n")
    words = ["train", *arguments.split(), "--out", "run"]
    if "--model" not in words:
        words += ["--model", "model"] if "Cart" not in arguments else []
    assert message in fails(capsys, *words)
    assert not Path("run").exists()


WRONG: list[Callable[[int], float]] = [
    lambda calls: math.nan if calls > 60 else calls % 3,
    lambda calls: 1 / 0 if calls > 60 else calls % 3,
]


@pytest.mark.parametrize("wrong", WRONG, ids=["NaN", "raises"])
def test_a_failing_scorer_stops_the_run_which_can_go_on(
    wrong: Callable[[int], float],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = 0

    def score(prompt: str, continuation: str) -> float:
        nonlocal calls
        calls += 1
        return wrong(calls)

    monkeypatch.setattr("prefrl.envs.text.tasks.dates.score", score)
    words = ["train", "prefrl/Dates-v0", *TINY, *SHORT, "--model", "model", "--out", "run"]
    said = fails(capsys, *words)
    assert "prefrl resume run" in said
    assert "the environment failed: the scorer" in said
    assert "with the continuation" in said
    assert not Path("run/result.json").exists()
    monkeypatch.setattr("prefrl.envs.text.tasks.dates.score", lambda *_: 0.5)
    main(["resume", "run"])
    assert result("run")["labels"] == 12
    assert whole_checkpoints(Path("run"))
