"""What an act answers when it cannot be done."""


class Refused(Exception):
    """An act that cannot be done now; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
