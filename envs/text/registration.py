"""The ids of the text-generation tasks."""

import gymnasium

HORIZONS = {"sentiment": 24, "increasing_numbers": 20, "dates": 20, "summarise_facts": 20}
"""Most tokens that are written in each task, whose module is in `tasks`."""


def register_text() -> None:
    """Register the tasks, and one for anybody's own; imports nothing heavy until one is made."""
    _register("TextGeneration", {})
    for module, horizon in HORIZONS.items():
        path = f"{_PACKAGE}.tasks.{module}"
        name = "".join(word.capitalize() for word in module.split("_"))
        functions = {"prompts": f"{path}:prompts", "scorer": f"{path}:score"}
        _register(name, {**functions, "horizon": horizon})


def _register(name: str, kwargs: dict[str, str | int]) -> None:
    gymnasium.register(
        f"prefrl/{name}-v0",
        f"{_PACKAGE}.environment:TextGeneration",
        vector_entry_point=f"{_PACKAGE}.vector_environment:TextGenerationVector",
        kwargs=kwargs,
    )


_PACKAGE = __package__
