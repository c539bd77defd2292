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
- The game is lost if afterwards the wall is too high: with `game_over="overflow"` (the default)
  higher than the board, with `game_over="spawn"` higher than all but the two upper rows, which the
  next piece needs to enter the board. Both are in mdptetris (Scherrer, Thiery), by the names
  "simplified" and "RLC", for the reinforcement learning competition. Rows removed by the last
  placement count. Published numbers of lines differ by this rule.
- Pieces are drawn uniformly and independently (`pieces_from="uniform"`, the default), or from a
  shuffled bag of all of them that is refilled when empty (`"bag"`). Only the current piece is
  known, unless `next_piece=True`.
- A lost board is shown without what stands out above it.
"""
