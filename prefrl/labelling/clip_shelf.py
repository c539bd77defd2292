"""Clips on disk: drawn ahead by a process, bounded in bytes."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

ClipFormat: TypeAlias = Literal["mp4", "json", "text"]
"""Films, pictures for browsers that play no H.264, or texts."""

MOST_BYTES = 256 * 2**20
"""The most that the clips of a run take on disk, in bytes."""


def has_encoder() -> bool:
    """Return whether films can be written here."""
    return all(importlib.util.find_spec(name) for name in ("imageio", "imageio_ffmpeg"))


class ClipShelf:
    """The clips of one run: `SEGMENT.mp4`, `SEGMENT.json` or `SEGMENT.text`.

    Args:
        folder: Where clips are kept; made when missing.
        store: The label store that holds the segments.
        env_id: The environment's id.
        env_kwargs: Arguments for the environment.
        max_bytes: The most that clips take; those that were not used for longest are deleted.
        size: Height and width of pictures, in pixels.
    """

    def __init__(
        self,
        folder: Path,
        store: Path | str,
        env_id: str,
        env_kwargs: Mapping[str, Any] | None = None,
        *,
        max_bytes: int = MOST_BYTES,
        size: int = 256,
    ) -> None:
        """Start the process that draws."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._max_bytes = max_bytes
        self._settings = {"store": str(store), "folder": str(folder), "env": env_id}
        self._arguments = json.dumps(
            {**self._settings, "env_kwargs": dict(env_kwargs or {}), "size": size}
        )
        self._errors: dict[str, str] = {}
        self._wanted: list[str] = []
        self._changed = threading.Condition()
        self._closed = False
        self._worker: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def want(self, names: Sequence[str]) -> None:
        """Say which clips are wanted from now on, the most urgent first."""
        with self._changed:
            self._wanted = list(names)
            self._changed.notify()

    def ready(self, name: str) -> bool:
        """Return whether a clip can be shown."""
        return (self.folder / name).exists()

    def error(self, names: Sequence[str]) -> str | None:
        """Return why one of the clips cannot be drawn, or None."""
        return next((self._errors[name] for name in names if name in self._errors), None)

    def path(self, name: str) -> Path | None:
        """Return the file of a clip, which counts as used now; None where there is none."""
        path = self.folder / name
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def close(self) -> None:
        """Stop drawing."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait()
        self._thread.join()

    def _work(self) -> None:
        while (name := self._next()) is not None:
            error = self._draw(name)
            if error is not None and not self._closed:
                self._errors[name] = error
            self._make_room()

    def _next(self) -> str | None:
        with self._changed:
            while not self._closed:
                for name in self._wanted:
                    if name not in self._errors and not self.ready(name):
                        return name
                self._changed.wait()
        return None

    def _draw(self, name: str) -> str | None:
        if self._worker is None or self._worker.poll() is not None:
            self._worker = self._start()
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        try:
            self._worker.stdin.write(f"{name}\n")
            self._worker.stdin.flush()
            for line in self._worker.stdout:  # libraries may print lines of their own
                if line.startswith('{"name"'):
                    error: str | None = json.loads(line)["error"]
                    return error
        except OSError:
            pass
        return "the process that draws clips has ended; see clips.log"

    def _start(self) -> "subprocess.Popen[str]":
        with (self.folder / "clips.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "prefrl.labelling.clip_worker", self._arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # whose priority it lowers
            )

    def _make_room(self) -> None:
        kept = [path for path in self.folder.iterdir() if path.suffix[1:] in get_args(ClipFormat)]
        found = [(path.stat().st_mtime, path.stat().st_size, path) for path in kept]
        total = sum(size for _, size, _ in found)
        wanted = set(self._wanted)
        for _, size, path in sorted(found):
            if total <= self._max_bytes:
                return
            if path.name not in wanted:
                path.unlink(missing_ok=True)
                total -= size
