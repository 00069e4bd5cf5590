"""Tokens of paged replies: opaque to the client, each bound to the request it continues."""

import secrets


class Pages:
    """Remembers where each token goes on."""

    def __init__(self):
        self._positions = {}

    def token(self, request, position):
        """A new token that continues this request at this position."""
        token = secrets.token_urlsafe(48)
        self._positions[token] = (request, position)
        return token

    def position(self, request, token):
        """Where the token goes on; KeyError for one that was not given for this very request."""
        of_request, position = self._positions[token]
        if of_request != request:
            raise KeyError(token)
        return position
