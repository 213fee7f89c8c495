class Unusable(Exception):
    """The file cannot be used. `code` is one of material/problems.py, `found` a few words about this file."""

    def __init__(self, code: str, found: str = "") -> None:
        super().__init__(code)
        self.code, self.found = code, found
