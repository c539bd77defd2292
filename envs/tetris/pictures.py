"""Pictures of a board, as pixels and as text."""

import numpy as np
from numpy.typing import NDArray

from .pieces import orientations
from .snapshots import FALLING, PLACED, WALL, Scene

Frame = NDArray[np.uint8]
Color = tuple[int, int, int]

BOARD_PIXELS = 240
"""About how high a board and its panel are drawn."""
PANEL_CELLS, PANEL_ROWS = 6, 16
"""Width and least height of the panel beside the board, in cells."""

BACKGROUND: Color = (24, 26, 32)
EMPTY: Color = (40, 43, 52)
WALL_COLOR: Color = (134, 142, 158)
TEXT: Color = (235, 238, 245)
COLORS: dict[str, Color] = {
    "I": (86, 204, 242),
    "O": (242, 201, 76),
    "T": (187, 107, 217),
    "S": (111, 207, 151),
    "Z": (235, 87, 87),
    "J": (73, 124, 245),
    "L": (242, 153, 74),
}

# Digits of 3×5 pixels, one number of three bits for each row.
_DIGITS = {
    "0": (7, 5, 5, 5, 7),
    "1": (2, 6, 2, 2, 7),
    "2": (7, 1, 7, 4, 7),
    "3": (7, 1, 7, 1, 7),
    "4": (5, 5, 7, 1, 1),
    "5": (7, 4, 7, 1, 7),
    "6": (7, 4, 7, 5, 7),
    "7": (7, 1, 1, 1, 1),
    "8": (7, 5, 7, 5, 7),
    "9": (7, 5, 7, 1, 7),
    "+": (0, 2, 7, 2, 0),
}


def draw_scene(scene: Scene) -> Frame:
    """Draw a board: its wall grey, the last piece and a falling one in their colours.

    The panel on the right shows, from above, the current piece, the next one where it is known,
    the lines removed by the last placement where there are any, and all lines so far.

    Returns:
        `[height, width, 3]`, both sides even, about 250 pixels high.
    """
    height, width = scene.cells.shape
    rows = max(height, PANEL_ROWS)
    cell = max(4, BOARD_PIXELS // rows // 2 * 2)
    frame = np.empty(((rows + 1) * cell, (width + PANEL_CELLS + 1) * cell, 3), np.uint8)
    frame[:] = BACKGROUND
    half = cell // 2
    board = frame[half : half + height * cell, half : half + width * cell]
    _draw_cells(board, scene.cells == 0, EMPTY, cell)
    _draw_cells(board, scene.cells == WALL, WALL_COLOR, cell)
    _draw_cells(board, scene.cells == PLACED, COLORS[scene.last_piece], cell)
    _draw_cells(board, scene.cells == FALLING, COLORS[scene.piece], cell)
    panel = frame[half : half + rows * cell, half + (width + 1) * cell :]
    _draw_piece(panel, scene.piece, cell)
    if scene.next_piece is not None:
        _draw_piece(panel[5 * cell :], scene.next_piece, half)
    if scene.last_lines:
        _draw_text(panel[9 * cell :], f"+{scene.last_lines}", COLORS[scene.last_piece], cell)
    _draw_text(panel[13 * cell :], str(scene.lines), TEXT, cell)
    return frame


def _draw_cells(area: Frame, cells: NDArray[np.bool_], color: Color, size: int) -> None:
    # Cells leave a gap of one pixel on their right and below.
    inner = np.zeros((size, size), np.bool_)
    inner[:-1, :-1] = True
    pixels = np.kron(cells, inner)
    area[: pixels.shape[0], : pixels.shape[1]][pixels] = color


def _draw_piece(area: Frame, name: str, size: int) -> None:
    _draw_cells(area, orientations(name)[0][::-1], COLORS[name], size)


def _draw_text(area: Frame, text: str, color: Color, cell: int) -> None:
    rows = [[digit >> shift & 1 for shift in (2, 1, 0)] for c in text for digit in _DIGITS[c]]
    glyphs = np.array(rows, np.bool_).reshape(len(text), 5, 3)
    joined = np.pad(glyphs, ((0, 0), (0, 0), (0, 1))).transpose(1, 0, 2).reshape(5, -1)
    scale = max(1, min(cell // 3, area.shape[1] // joined.shape[1]))
    pixels = np.kron(joined, np.ones((scale, scale), np.bool_))[: len(area), : area.shape[1]]
    area[: pixels.shape[0], : pixels.shape[1]][pixels] = color


def write_scene(scene: Scene) -> str:
    """Write a board as text: `#` for the wall, pieces by their letters, and below the rest."""
    signs = {0: " .", WALL: " #", PLACED: f" {scene.last_piece}", FALLING: f" {scene.piece}"}
    rows = ["|" + "".join(signs[int(cell)] for cell in row) + " |" for row in scene.cells]
    removed = f" (+{scene.last_lines})" if scene.last_lines else ""
    following = f", then {scene.next_piece}" if scene.next_piece else ""
    floor = "+" + "-" * (2 * scene.cells.shape[1] + 1) + "+"
    status = f"lines {scene.lines}{removed}, piece {scene.piece}{following}"
    return "\n".join([*rows, floor, status]) + "\n"
