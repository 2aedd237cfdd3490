"""The one exception that means: what the user gave cannot be used, and here is what to change."""


class InputError(ValueError):
    """Bad input, told in one sentence that names the file, the place and the remedy.

    Raised at the door only (readers, builders, checks), never inside jitted code. The commands
    print it without a traceback and exit with status 2.
    """
