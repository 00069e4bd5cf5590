"""Request rates, as AWS keeps them: a token bucket an account, region and kind of call."""


class TokenBucket:
    """Holds rate tokens at most and gains rate of them a second."""

    def __init__(self, rate, clock):
        self._rate = rate
        self._clock = clock
        self._tokens = rate
        self._filled = clock()

    def take(self):
        """True and one token less, or False when there is none."""
        now = self._clock()
        gained = max(0, now - self._filled) * self._rate
        self._tokens = min(self._rate, self._tokens + gained)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
