class Trouble(Exception):
    """Why the journey ends here: a sentence for the person, and the API's code when it was the API that said no."""

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.code = sentence, code

    @property
    def of_the_file(self) -> bool:
        """Whether the API refused what it was given. Otherwise a server is away or has a fault, and the next file will fare no better."""
        return self.code not in ("", "unreachable", "timeout") and not self.code.startswith("http_")
