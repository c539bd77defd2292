"""Runs to label: pairs in a store, with their clips drawn, and a page of them."""

import socket
import time
from pathlib import Path

import numpy as np

from prefrl.agents.recording_env import RecordingVecEnv
from prefrl.agents.worlds import make_worlds
from prefrl.environments import make
from prefrl.labelling.app import clip_names
from prefrl.labelling.clip_shelf import ClipFormat, ClipShelf
from prefrl.labelling.ledger import Ledger
from prefrl.labelling.server import PageSettings
from prefrl.queries import Query, QueryKey, uniform_choices
from prefrl.recording import SegmentRecorder
from prefrl.segment_texts import is_readable
from prefrl.segments import Segment
from prefrl.store import LabelStore
from prefrl.trees import tree_stack

RUN = "run"
"""The run's name in the label store."""


def random_segments(env_id: str, count: int, *, length: int, num_envs: int = 8) -> list[Segment]:
    """Return segments of random actions, each drawn from what its environment offers for it."""
    segments: list[Segment] = []
    env = make(env_id)
    spaces = env.action_space
    spaces.seed(0)
    worlds = make_worlds(env, env_id, {}, num_envs)
    envs = RecordingVecEnv(worlds, recorder=SegmentRecorder(num_envs, length, segments.append))
    envs.seed_each(list(range(num_envs)))
    envs.reset()
    while len(segments) < count:
        envs.step(np.array([spaces.sample() for _ in range(num_envs)]))
    envs.close()
    return segments[:count]


def written_segments(env_id: str, count: int) -> list[Segment]:
    """Return texts that say a few of their prompts' sentences, two or more of each prompt."""
    segments: list[Segment] = []
    env = make(env_id)
    tokenizer = env.unwrapped.task.tokenizer  # type: ignore[attr-defined]
    rng = np.random.default_rng(0)
    recorder = SegmentRecorder(1, length=64, on_segment=segments.append)
    while len(segments) < count:
        observation, info = env.reset(seed=len(segments) // 4)
        size = int(observation["length"][0])
        sentences = tokenizer.decode(observation["tokens"][:size].tolist()).split(" . ")[1:-1]
        said = rng.choice(sentences, rng.integers(1, 4), replace=False)
        for token in [*tokenizer.encode("".join(f" {one} ." for one in said)), tokenizer.end]:
            before = tree_stack([observation])
            observation, reward, ended, _, info = env.step(token)
            groups, done = [info["segment_group"]], np.array([ended])
            recorder.record(before, np.array([token]), np.array([reward]), done, groups=groups)
            if ended:
                break
        assert ended
    return segments


def ask_pairs(folder: Path, segments: list[Segment], pairs: int) -> None:
    """Put questions about random pairs into the store of a folder."""
    store = LabelStore(folder / "labels.sqlite")
    choices = uniform_choices(segments, pairs, np.random.default_rng(0))
    keys = (QueryKey(RUN, 0, index) for index in range(pairs))
    store.ask([Query(key, choice) for key, choice in zip(keys, choices, strict=True)])
    store.close()


def draw_all(folder: Path, env_id: str, form: ClipFormat) -> float:
    """Draw the clips of all open questions, and return how many seconds that took."""
    began = time.monotonic()
    store = LabelStore(folder / "labels.sqlite")
    questions = Ledger(store, RUN).questions()
    names = {name for question in questions for name in clip_names(question, form)}
    shelf = ClipShelf(folder / "clips", folder / "labels.sqlite", env_id)
    shelf.want(sorted(names))
    while not all(map(shelf.ready, names)):
        if error := shelf.error(sorted(names)):
            raise RuntimeError(error)
        time.sleep(0.05)
    shelf.close()
    store.close()
    return time.monotonic() - began


def stand_in_clips(folder: Path, *forms: ClipFormat) -> None:
    """Put something in the place of the clips of all questions."""
    store = LabelStore(folder / "labels.sqlite")
    (folder / "clips").mkdir(exist_ok=True)
    for question in Ledger(store, RUN).questions():
        for form in forms:
            for name in clip_names(question, form):
                (folder / "clips" / name).write_bytes(b"a clip")
    store.close()


def page_settings(folder: Path, env_id: str, budget: int, *, task: str = "") -> PageSettings:
    """Return a page of a folder's questions, at a free port of this machine."""
    return PageSettings(
        folder=str(folder),
        store=str(folder / "labels.sqlite"),
        run=RUN,
        env=env_id,
        task=task or f"Prefer the one that does better at {env_id}.",
        budget=budget,
        text=is_readable(env_id),
        port=free_port(),
    )


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
