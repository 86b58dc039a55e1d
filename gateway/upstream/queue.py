"""Who waits for a target: one queue for each key, served in turn, so that nobody's burst holds up the others."""

import asyncio
from collections import OrderedDict, deque

Turn = asyncio.Future[None]


class Full(Exception):
    """Too many calls wait already; `after` is in how many seconds a new one may be tried."""

    def __init__(self, after: float = 1.0) -> None:
        super().__init__(after)
        self.after = after


class Queue:
    """At most `places` calls wait. The keys take turns, however many calls of each wait; the calls of one key are served in the order they came."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def ahead(self, who: str) -> int:
        """How many calls are served before a new one of `who`, if nobody else comes."""
        own = len(self._waiting.get(who, ()))
        return own + sum(min(len(line), own + 1) for key, line in self._waiting.items() if key != who)

    def join(self, who: str) -> Turn:
        """A place at the end of the key's own queue: done when it is its turn.

        Raises Full. When there is no place left, the last call of the key with the longest queue has to go (its turn raises Full), be it this one.
        """
        if self._length >= self._places:
            longest = max(self._waiting, key=lambda key: len(self._waiting[key]))
            if len(self._waiting[longest]) <= len(self._waiting.get(who, ())) + 1:
                raise Full
            last = self._waiting[longest][-1]
            self.leave(longest, last)
            if not last.done():
                last.set_exception(Full())
        turn: Turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(turn)
        self._length += 1
        return turn

    def leave(self, who: str, turn: Turn) -> None:
        """Wait no longer; nothing happens to one who does not wait any more."""
        line = self._waiting.get(who)
        if line is None or turn not in line:
            return
        line.remove(turn)
        self._length -= 1
        if not line:
            del self._waiting[who]

    def serve(self) -> bool:
        """Give the next one its turn; False when nobody waits."""
        while self._waiting:
            who, line = self._waiting.popitem(last=False)
            turn = line.popleft()
            self._length -= 1
            if line:
                self._waiting[who] = line  # behind the others
            if not turn.done():  # one that has just been cancelled has not left yet
                turn.set_result(None)
                return True
        return False


def granted(turn: Turn) -> bool:
    """Whether it has been this one's turn."""
    return turn.done() and not turn.cancelled() and turn.exception() is None
