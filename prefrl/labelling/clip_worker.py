"""A process that draws clips, so that neither training nor the page waits for them."""

import base64
import dataclasses
import json
import sys
from collections.abc import Callable
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

from prefrl.clips import write_segment_clip
from prefrl.drawing import Frame
from prefrl.errors import UserError
from prefrl.labelling.priority import stand_back
from prefrl.segment_drawing import SegmentDrawer
from prefrl.segment_texts import SegmentReader
from prefrl.segments import Segment
from prefrl.store import LabelStore

JPEG_QUALITY = 85


def main() -> None:
    """Draw what standard input asks for, line by line, until it ends.

    The only argument is a JSON object of `store`, `folder`, `env`, `env_kwargs` and `size`. A line
    names a file `SEGMENT.mp4`, `SEGMENT.json` or `SEGMENT.text`; for each, a line of JSON goes to
    standard output.
    """
    stand_back()  # training comes first
    settings = json.loads(sys.argv[1])
    store, writer = LabelStore(settings["store"]), ClipWriter(settings)
    for line in sys.stdin:
        name = line.strip()
        error = _write(store, writer, Path(settings["folder"]) / name)
        print(json.dumps({"name": name, "error": error}), flush=True)


class ClipWriter:
    """Writes segments of one environment, each form by what it needs.

    Args:
        settings: `env`, `env_kwargs` and `size`, as `SegmentDrawer` takes them.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        """Make nothing yet."""
        self._settings = settings

    @cached_property
    def _drawer(self) -> SegmentDrawer:
        env, kwargs = self._settings["env"], self._settings["env_kwargs"]
        return SegmentDrawer(env, kwargs, size=self._settings["size"])

    @cached_property
    def _reader(self) -> SegmentReader:
        return SegmentReader(self._settings["env"], self._settings["env_kwargs"])

    def write(self, path: Path, segment: Segment) -> None:
        """Write a segment as a film (.mp4), as pictures (.json) or as text (.text).

        Raises:
            UserError: If it cannot be drawn or read.
        """
        writers: dict[str, Callable[[], None]] = {
            ".mp4": lambda: write_segment_clip(path, segment, self._drawer),
            ".json": lambda: write_images(path, segment, self._drawer),
            ".text": lambda: write_json(path, dataclasses.asdict(self._reader.read(segment))),
        }
        writers[path.suffix]()


def _write(store: LabelStore, writer: ClipWriter, path: Path) -> str | None:
    try:
        writer.write(path, store.segment(path.stem))
    except (UserError, OSError, KeyError) as error:
        return str(error)
    return None


def write_images(path: Path, segment: Segment, drawer: SegmentDrawer) -> None:
    """Write a segment as pictures in a JSON file, for browsers that cannot play H.264.

    Args:
        path: The file to write: `frames_per_second`, and `frames` as JPEG files in base 64.
        segment: What to show.
        drawer: Of the segment's environment.

    Raises:
        UserError: If the segment cannot be drawn.
    """
    content: dict[str, Any] = {"frames_per_second": drawer.frames_per_second}
    content["frames"] = [jpeg(frame) for frame in drawer.pictures(segment)]
    write_json(path, content)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file that appears under its name only when it is complete."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(content))
    partial.replace(path)


def jpeg(frame: Frame) -> str:
    """Return a frame as a JPEG file in base 64."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(frame).save(file, "jpeg", quality=JPEG_QUALITY)
    return base64.b64encode(file.getvalue()).decode()


if __name__ == "__main__":
    main()
