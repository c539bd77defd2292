"""What goes wrong when text is asked of files or functions that cannot give it."""

import gymnasium


class TextError(gymnasium.error.Error, ValueError):
    """A fault in what the user gave; the message is one line that names the fault and the fix."""
