"""What goes wrong between a card and its reader, each as a card around a card."""

from random import Random

from firmware_sim.rf.type_a import Card

_RATS = 0xE0


class TornCard:
    """A card taken away in the midst: it answers so many frames, then is silent for good."""

    def __init__(self, card: Card, answers: int) -> None:
        self._card = card
        self._answers_left = answers

    @property
    def selected(self) -> bool:
        """See `Card.selected`."""
        return self._card.selected

    def frame(self, data: bytes) -> bytes | None:
        """Answer while the card is still there."""
        if self._answers_left == 0:
            return None
        answer = self._card.frame(data)
        self._answers_left -= answer is not None
        return answer

    def reset(self) -> None:
        """Lose power, which brings nothing back."""
        self._card.reset()


class LossyCard:
    """A card held badly: a share of the frames, either way, is lost once the card is activated.

    Finding and activating are spared, for a reader does not repeat those frames: it begins anew.
    """

    def __init__(self, card: Card, share: float, random: Random) -> None:
        self._card = card
        self._share = share
        self._random = random
        self.lost = 0

    @property
    def selected(self) -> bool:
        """See `Card.selected`."""
        return self._card.selected

    def frame(self, data: bytes) -> bytes | None:
        """Answer, unless the question or the answer is lost."""
        if not self._card.selected or data[:1] == bytes((_RATS,)):
            return self._card.frame(data)
        if self._is_lost():
            return None
        answer = self._card.frame(data)
        return None if self._is_lost() else answer

    def reset(self) -> None:
        """Lose power."""
        self._card.reset()

    def _is_lost(self) -> bool:
        lost = self._random.random() < self._share
        self.lost += lost
        return lost
