"""A live session that plays nothing, and remembers what was asked of it."""

import numpy as np

from prefrl.drawing import Frame
from prefrl.labelling.live_session import LiveState


class FakeSession:
    """Shows a picture whose brightness is the step; feedback is kept in `said`."""

    task = "Praise <the> bright"

    def __init__(self) -> None:
        self.step, self.speed = 0, 4.0
        self.paused, self.training, self.finished = False, True, False
        self.said: dict[str, tuple[float, str, float]] = {}
        self.undone: list[str] = []

    def run(self) -> None:
        self.step += 1

    def stop(self) -> None:
        self.finished = True

    def state(self) -> LiveState:
        values = [value for value, _, _ in self.said.values()]
        good, bad = sum(value > 0 for value in values), sum(value < 0 for value in values)
        flags = self.paused, self.training, self.finished
        return LiveState(self.step, 1, 3, float(self.step), good, bad, self.speed, *flags)

    def frame(self) -> tuple[int, Frame]:
        return self.step, np.full((40, 20, 3), 10 * self.step, np.uint8)

    def feedback(self, value: float, *, labeller: str, given_at: float, token: str) -> bool:
        if self.finished or token in self.said:
            return False
        self.said[token] = (value, labeller, given_at)
        return True

    def undo(self, *, labeller: str, token: str) -> bool:
        if not self.said or token in self.undone:
            return False
        self.undone.append(token)
        self.said.popitem()
        return True

    def set_speed(self, steps_per_second: float) -> None:
        self.speed = min(steps_per_second, 30.0)

    def pause(self, paused: bool) -> None:
        self.paused = paused

    def train(self, training: bool) -> None:
        self.training = training
