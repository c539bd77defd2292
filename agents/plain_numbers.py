"""Numbers, shares and durations for people to read."""

import math


def number(value: float | None) -> str:
    """Return a number for people: about three digits, thousands apart; a dash for None."""
    if value is None or not math.isfinite(value):
        return "–"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}".replace("-", "−")


def percent(value: float | None) -> str:
    """Return a share in percent; a dash for None."""
    return "–" if value is None else f"{value:.0%}"


def duration(seconds: float) -> str:
    """Return a duration for people: seconds, minutes or hours."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
