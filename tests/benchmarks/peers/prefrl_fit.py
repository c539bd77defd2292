"""Time prefrl's fit of a reward to made-up comparisons, from taking them in to the report."""

import json
import time

import numpy as np
import torch
from gymnasium import spaces
from made_comparisons import (
    ACTION,
    BATCH_SIZE,
    LEARNING_RATE,
    MEMBERS,
    OBSERVATION,
    STEPS,
    make_segments,
    read_options,
)

from prefrl.fitting import RewardFitter
from prefrl.queries import Query, QueryKey
from prefrl.reward_model import make_reward_model
from prefrl.segments import Segment
from prefrl.teachers import OracleTeacher


def main() -> None:
    """Fit once, and write the seconds of processor time that it took."""
    torch.set_num_threads(1)
    options = read_options()
    observations, actions, rewards = make_segments(options.comparisons)
    queries = [
        Query(
            QueryKey("fit", 0, index, 0),
            tuple(
                Segment(observations[index, side, :-1], actions[index, side], rewards[index, side])
                for side in range(2)
            ),
            "uniform",
            agent_step=0,
        )
        for index in range(options.comparisons)
    ]
    teacher = OracleTeacher()
    teacher.submit(queries)
    answers = teacher.collect()
    seen = spaces.Box(-np.inf, np.inf, (OBSERVATION,), np.float32)
    model = make_reward_model(seen, spaces.Box(-1, 1, (ACTION,), np.float32), members=MEMBERS)
    fitter = RewardFitter(model, STEPS, learning_rate=LEARNING_RATE, batch_size=BATCH_SIZE)
    started = time.process_time()
    fitter.add(answers)
    report = fitter.fit(options.epochs)
    seconds = time.process_time() - started
    result = {"seconds": seconds, "training_loss": report.training_loss}
    options.out.write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
