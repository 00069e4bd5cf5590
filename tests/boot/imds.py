"""The instance metadata as cloud-init reads it: by the versions that it knows."""

import dataclasses
import re

from fakeaws.imds import Imds

_DATED = re.compile(r"/\d{4}-\d\d-\d\d/")


class DatedImds(Imds):
    """Every dated version is the latest one."""

    def __call__(self, request):
        return super().__call__(dataclasses.replace(request, target=_DATED.sub("/latest/", request.target, count=1)))
