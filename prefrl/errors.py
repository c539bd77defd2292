"""Errors that a user can mend."""


class UserError(Exception):
    """A fault in what the user gave; the message is one line that names the fault and the fix."""


class DamagedStoreError(UserError):
    """A label store whose file is damaged, or no label store."""
