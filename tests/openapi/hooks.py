# SPDX-License-Identifier: MIT
"""hooks.py - what a description cannot say of valid requests, for schemathesis.

A key belongs to one request, so a valid start has one of its own; a cursor is the one that a page
before gave, so a request that was made up has none. Requests that are meant to be wrong stay as they
are.
"""

import uuid

import schemathesis
from schemathesis import GenerationMode


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is not None and case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"schemathesis-{uuid.uuid4()}"
    if case.query and "cursor" in case.query:
        del case.query["cursor"]
