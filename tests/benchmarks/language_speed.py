"""Measure PPO on texts beside TRL's RLOOTrainer and the least that must be computed.

    python tests/benchmarks/language_speed.py [--repeats R] [--updates U] [--folder .benchmarks]

One Llama (4 layers, 256 wide, 2,048 tokens), batches of 64 texts of 16 prompt and 48 new tokens,
none of which ends before, one epoch, the divergence from a reference in the reward, two threads.
The floor is the library's `generate`, one forward pass of a reference, and one forward and backward
pass in micro-batches of the size that is fastest; nothing else. Systems take turns, one process at
a time; of each, the median of generated tokens per second, end to end, over all updates but the
first. TRL 1.16 gets a virtual environment below the folder, and the best of several micro-batches.

Then the cost of PPO's update for whole texts, beside one row per token, as RL4LMs trains.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from peer_venv import TRL_PINS, install_peer, peer_python
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.recording_env import RecordingVecEnv
from prefrl.agents.text.token_rollout_buffer import TokenRolloutBuffer
from prefrl.agents.vector_adapter import VectorAdapter
from prefrl.envs.text.vector_environment import TextGenerationVector
from prefrl.trees import Array

TOKENS, BATCH, PROMPT, NEW, END = 2048, 64, 16, 48, 1
MICRO_BATCHES = (8, 16, 32, 64)
TRL = Path(__file__).resolve().parent / "peers" / "trl_rloo.py"


def make_model(folder: Path) -> None:
    """Write the language model and a tokenizer of as many words."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=TOKENS,
        hidden_size=256,
        intermediate_size=1024,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=PROMPT + NEW,
        pad_token_id=0,
        eos_token_id=END,
        bos_token_id=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    words = ["<pad>", "<end>", "<start>", *(f"w{word}" for word in range(3, TOKENS))]
    tokenizer: Any = Tokenizer(WordLevel({word: place for place, word in enumerate(words)}, "w3"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.add_special_tokens(words[:2])
    tokenizer.save(str(folder / "tokenizer.json"))


def load_model(folder: Path) -> Any:
    """Return the model that `make_model` wrote."""
    from prefrl.language.causal_models import load_causal_model

    return load_causal_model(folder)


def never_ending(model: Any) -> Any:
    """Let a model draw no end token, as `min_new_tokens` does for the others."""
    bias = torch.zeros(TOKENS)
    bias[END] = -1e4
    model.get_output_embeddings().bias = torch.nn.Parameter(bias, requires_grad=False)
    return model


def score(prompt: str, continuation: str) -> float:
    """Return what TRL's reward function returns."""
    return float(len(continuation))


def make_agent(folder: Path) -> PPO:
    """Return the stock PPO as prefrl sets it up for texts, with a divergence penalty."""
    words = np.random.default_rng(0).integers(3, TOKENS, (4096, PROMPT))
    texts = TextGenerationVector(
        BATCH,
        prompts=[" ".join(f"w{word}" for word in row) for row in words.tolist()],
        scorer=score,
        tokenizer=folder / "tokenizer.json",
        end_token="<end>",
        horizon=NEW,
    )
    env = RecordingVecEnv(VectorAdapter(texts))

    def rewards() -> Array:
        buffer, policy = agent.rollout_buffer, agent.policy
        assert isinstance(buffer, TokenRolloutBuffer)
        assert isinstance(policy, CausalLMPolicy)
        return env.take_rollout().true_rewards - 0.05 * buffer.log_ratios(policy)

    agent = PPO(
        CausalLMPolicy,
        env,
        n_steps=NEW,
        batch_size=NEW * BATCH,
        n_epochs=1,
        learning_rate=1e-6,
        gamma=1.0,
        rollout_buffer_class=TokenRolloutBuffer,
        rollout_buffer_kwargs={"rewards": rewards},
        policy_kwargs={"model": never_ending(load_model(folder))},
        seed=0,
        device="cpu",
    )
    return agent


class Clock(BaseCallback):
    """Notes when rollouts begin."""

    def _on_training_start(self) -> None:
        self.times: list[float] = []

    def _on_rollout_start(self) -> None:
        self.times.append(time.perf_counter())

    def _on_step(self) -> bool:
        return True

    def _on_training_end(self) -> None:
        self.times.append(time.perf_counter())


def prefrl_rates(folder: Path, updates: int) -> list[float]:
    """Return generated tokens per second of all updates but the first."""
    clock = Clock()
    make_agent(folder).learn(updates * NEW * BATCH, callback=clock)
    return [NEW * BATCH / seconds for seconds in np.diff(clock.times)[1:].tolist()]


def floor_rates(folder: Path, updates: int) -> list[float]:
    """Return the same of what cannot be left out, in micro-batches of the fastest size."""
    model, reference = load_model(folder), load_model(folder)
    prompts = torch.randint(3, TOKENS, (BATCH, PROMPT))

    def judge(judging: Any, texts: torch.Tensor) -> torch.Tensor:
        logits = judging(texts, use_cache=False, logits_to_keep=NEW + 1).logits[:, :-1]
        return F.cross_entropy(logits.flatten(0, 1), texts[:, PROMPT:].flatten())

    def generate() -> torch.Tensor:
        with torch.no_grad():
            texts: torch.Tensor = model.generate(
                prompts,
                attention_mask=torch.ones_like(prompts),
                do_sample=True,
                top_k=0,
                min_new_tokens=NEW,
                max_new_tokens=NEW,
            )
        return texts

    def train(texts: torch.Tensor, size: int) -> None:
        model.zero_grad()
        for piece in texts.split(size):
            torch.autograd.backward(judge(model, piece))

    def refer(texts: torch.Tensor, size: int) -> None:
        with torch.no_grad():
            for piece in texts.split(size):
                judge(reference, piece)

    texts = generate()
    sizes = [min(MICRO_BATCHES, key=lambda size: fastest(do, texts, size)) for do in (train, refer)]
    rates = []
    for _ in range(updates - 1):
        began = time.perf_counter()
        texts = generate()
        refer(texts, sizes[1])
        train(texts, sizes[0])
        rates.append(NEW * BATCH / (time.perf_counter() - began))
    return rates


def fastest(do: Callable[..., object], *given: object) -> float:
    """Return the least seconds of three times."""
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        do(*given)
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def update_seconds(folder: Path) -> tuple[float, float]:
    """Return the seconds of an epoch on whole texts, and on one row per token."""
    agent = make_agent(folder)
    agent.learn(NEW * BATCH)
    buffer, policy = agent.rollout_buffer, agent.policy
    whole = fastest(agent.train)
    (batch,) = buffer.get(None)
    observations = batch.observations
    assert isinstance(observations, dict)
    rows, positions = observations["row"], observations["position"]
    padded = torch.arange(PROMPT + NEW) < positions[:, None]
    prefixes = observations["tokens"][rows] * padded

    def by_token(size: int = BATCH) -> None:
        policy.optimizer.zero_grad()
        for places in torch.arange(len(rows)).split(size):
            given = {"tokens": prefixes[places], "length": positions[places, None]}
            _, judged, _ = policy.evaluate_actions(given, batch.actions[places])
            torch.autograd.backward(judged.mean())

    return whole, fastest(by_token)


def run(system: str, folder: Path, options: argparse.Namespace) -> list[float]:
    """Measure a system in a process of its own."""
    command = [sys.executable, __file__, "--only", system, "--folder", str(options.folder)]
    command += ["--updates", str(options.updates)]
    if system.startswith("trl"):
        sizes = (PROMPT, NEW, BATCH, int(system.partition(" ")[2]), options.updates)
        command = [
            str(peer_python(options.folder / "trl")),
            str(TRL),
            str(folder),
            *map(str, sizes),
        ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    rates: list[float] = json.loads(done.stdout.splitlines()[-1])
    return rates


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--updates", type=int, default=8)
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks"))
    parser.add_argument("--only", choices=["prefrl", "floor", "update"])
    options = parser.parse_args()
    torch.set_num_threads(2)
    folder = options.folder / "language_model"
    if options.only is not None:
        measure = {"prefrl": prefrl_rates, "floor": floor_rates}.get(options.only)
        print(json.dumps(measure(folder, options.updates) if measure else update_seconds(folder)))
        return
    make_model(folder)
    install_peer(options.folder / "trl", TRL_PINS)
    rates: dict[str, list[float]] = {}
    for _ in range(options.repeats):
        for system in ("prefrl", "floor", "trl 16", "trl 64"):
            rates.setdefault(system, []).append(statistics.median(run(system, folder, options)))
            print(system, f"{rates[system][-1]:,.0f} tokens/s", flush=True)
    best_trl = [max(pair) for pair in zip(rates["trl 16"], rates["trl 64"], strict=True)]
    for name, others in (("the floor", rates["floor"]), ("TRL's RLOO", best_trl)):
        ratios = [ours / theirs for ours, theirs in zip(rates["prefrl"], others, strict=True)]
        print(f"prefrl / {name}: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    whole, by_token = run("update", folder, options)
    print(f"an update: {whole:.2f} s whole texts, {by_token:.2f} s one row per token")
    print(f"ratio {by_token / whole:.1f}")


if __name__ == "__main__":
    main()
