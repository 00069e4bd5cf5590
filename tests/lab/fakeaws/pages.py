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


def page_of(context, elements, request, size):
    """The page of a list that a request's NextToken asks for, and the token of the next one; (None, {}) for a bad one.

    request: what, besides action and region, makes it the same request.
    """
    pages, request, start = context.world.pages, (context.action, context.region, *request), 0
    if "NextToken" in context.params:
        try:
            start = pages.position(request, context.params["NextToken"])
        except KeyError:
            return None, {}
    end = start + size if size else len(elements)
    more = {"NextToken": pages.token(request, end)} if end < len(elements) else {}
    return elements[start:end], more
