"""Tetris: one game on the same rules for single boards, batches of boards and keyboards.

The rules:

- A board has `width` columns and `height` rows (10×20 and 10×10 are the usual sizes). Row 0 is the
  floor.
- A placement chooses one of a piece's distinct orientations (I, S and Z have two, O one, T, J and L
  four) and the column of its left edge. The piece falls straight down from above the board until
  it rests on a cell or on the floor; it cannot be slid under an overhang. On ten columns there are
  17 placements of I, S and Z, 9 of O, and 34 of T, J and L. All of them are legal.
- Full rows are then removed, and everything above them moves down by as many rows, without falling
  further.
- With `game_over="overflow"` (the default) the game is lost when a piece comes to rest with a cell
  above the board; full rows are not removed then. With `game_over="spawn"` it is also lost when the
  wall, after full rows are removed, is higher than all but the two uppermost rows, which the next
  piece needs to enter the board. Both are rules of mdptetris (Scherrer, Thiery; src/board.c and
  src/game.c), by the names "simplified" and "RLC", for the reinforcement learning competition; its
  pieces fall straight down too with the first, but not with the second. With
  `game_over="after_lines"`, the most lenient, full rows are always removed, and the game is lost if
  the wall is still higher than the board. Published numbers of lines differ by this rule.
- Pieces are drawn uniformly and independently (`pieces_from="uniform"`, the default), or from a
  shuffled bag of all of them that is refilled when empty (`"bag"`). Only the current piece is
  known, unless `next_piece=True`.
- A lost board is shown without what stands out above it.
"""
