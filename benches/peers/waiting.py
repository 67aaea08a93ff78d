"""Waiting for what was started to be of use."""

import socket
import time


def wait_for(condition, processes):
    """Until the condition holds; an error if that takes ten seconds, or one of the processes ends."""
    for _ in range(100):
        if condition():
            return
        if any(process.poll() is not None for process in processes):
            break
        time.sleep(0.1)
    raise RuntimeError("it did not start: %s" % processes[-1].args)


def is_open(address, port):
    with socket.socket() as client:
        return client.connect_ex((address, port)) == 0
