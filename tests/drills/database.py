"""The database killed with -9 under money load: nothing that was acknowledged is lost, and the ledger still sums to zero."""

import threading
import time

from atelier.demo.trouble import Trouble

from .ground import Ground
from .told import Outcome

KILLS, QUICK_KILLS = 20, 3
CUSTOMERS = 3
CALM = 1.5  # seconds between a start of the database and its next end
STEPS = 6


class Customer(threading.Thread):
    """Starts trainings and cancels them, over and over: every start holds seconds, every cancel gives them back."""

    def __init__(self, ground: Ground, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.ground, self.over = ground, over
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.refused = 0

    def run(self) -> None:
        while not self.over.is_set():
            try:
                training = self.ground.start(STEPS)
                self.started.append(training)
                self.ground.bob.post(f"/trainings/{training}/cancel")
                self.cancelled.append(training)
            except Trouble:
                # Not acknowledged, so it may have happened or not; what counts is that the books agree.
                self.refused += 1


def play(ground: Ground, *, quick: bool) -> Outcome:
    kills = QUICK_KILLS if quick else KILLS
    over = threading.Event()
    customers = [Customer(ground, over) for _ in range(CUSTOMERS)]
    for customer in customers:
        customer.start()
    for _ in range(kills):
        time.sleep(CALM)
        ground.stack.restart("postgres", kill=True)
    time.sleep(CALM)
    over.set()
    for customer in customers:
        customer.join()
    started, cancelled = ([each for customer in customers for each in getattr(customer, what)] for what in ("started", "cancelled"))
    return _judged(ground, kills, started, cancelled, sum(customer.refused for customer in customers))


def _judged(ground: Ground, kills: int, started: list[str], cancelled: list[str], refused: int) -> Outcome:
    ground.django()
    from atelier.trainings.models import Training

    from .accounts import books

    known = {row.public_id: row for row in Training.objects.all()}
    found = books()
    found += [f"{training} was acknowledged and is not there" for training in set(started) - set(known)]
    going_on = [each for each in cancelled if each in known and not (known[each].cancel_requested or known[each].state == "cancelled")]
    found += [f"{training} was cancelled and goes on" for training in going_on]
    if not cancelled:
        found.append("nothing was acknowledged at all")
    return Outcome(f"{kills} kills, {len(started)} starts and {len(cancelled)} cancels acknowledged, {refused} calls not", found)
