"""A process that draws clips, so that neither training nor the page waits for them."""

import base64
import json
import os
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from prefrl.clips import write_segment_clip
from prefrl.drawing import Frame
from prefrl.errors import UserError
from prefrl.segment_drawing import SegmentDrawer
from prefrl.segments import Segment
from prefrl.store import LabelStore

JPEG_QUALITY = 85


def main() -> None:
    """Draw what standard input asks for, line by line, until it ends.

    The only argument is a JSON object of `store`, `folder`, `env`, `env_kwargs` and `size`. A line
    names a file `SEGMENT.mp4` or `SEGMENT.json`; for each, a line of JSON goes to standard output.
    """
    os.nice(5)  # training comes first
    settings = json.loads(sys.argv[1])
    store = LabelStore(settings["store"])
    drawer = SegmentDrawer(settings["env"], settings["env_kwargs"], size=settings["size"])
    for line in sys.stdin:
        name = line.strip()
        error = _draw(store, drawer, Path(settings["folder"]) / name)
        print(json.dumps({"name": name, "error": error}), flush=True)


def _draw(store: LabelStore, drawer: SegmentDrawer, path: Path) -> str | None:
    try:
        segment = store.segment(path.stem)
        if path.suffix == ".mp4":
            write_segment_clip(path, segment, drawer)
        else:
            write_images(path, segment, drawer)
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
