"""The one exception that becomes an error reply; each protocol writes it in its own format."""


class ApiError(Exception):
    """An error as AWS names it.

    code is the service's own error code, status the HTTP status, message the text
    (None where AWS sends none).
    """

    def __init__(self, code, message=None, status=400):
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
