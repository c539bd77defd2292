"""The ids of Tetris."""

import gymnasium


def register_tetris() -> None:
    """Register Tetris; nothing is imported until one is made."""
    gymnasium.register(
        "prefrl/Tetris-v0",
        "prefrl.envs.tetris.single_env:TetrisEnv",
        vector_entry_point="prefrl.envs.tetris.vector_env:TetrisVectorEnv",
    )
    gymnasium.register("prefrl/TetrisKeys-v0", "prefrl.envs.tetris.keys_env:TetrisKeysEnv")
