# SPDX-License-Identifier: MIT
"""What the rides share: free ports, waiting for something, and how they fail."""
import os
import socket
import sys
import time


def fail(text):
    print(f"{os.path.splitext(os.path.basename(sys.argv[0]))[0]}: {text}", file=sys.stderr)
    sys.exit(1)


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for(what, condition, seconds=30, despite=()):
    """The first true value of condition(). despite: exceptions that only mean "not yet"."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            value = condition()
            if value:
                return value
        except despite:
            pass
        time.sleep(0.05)
    return fail("waited in vain for " + what)
