"""Ids of resources, as AWS makes them."""

import uuid


def new_id(prefix):
    return f"{prefix}-0{uuid.uuid4().hex[:16]}"
