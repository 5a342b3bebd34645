"""Histories of reads and writes, and whether all of them can have seen one item change in one order.

Each item has one writer, who begins a state only when the one before was acknowledged. Then the history is
linearisable if, and only if, each read shows a state that was not older than the last one acknowledged
before the read began, had been begun when it ended, and is not older than one that a read showed which had
ended before this one began. Instants are of one clock.
"""

import bisect
import time

ABSENT = None


class Item:
    """One item, written by one writer: its states in order, each with when it was begun and acknowledged."""

    def __init__(self, partition, name):
        self.partition, self.name = partition, name
        self.states = [(ABSENT, float("-inf"), float("-inf"))]

    def begin(self, state):
        self.states.append((state, time.monotonic(), float("inf")))

    def end(self):
        state, begun, _ = self.states[-1]
        self.states[-1] = (state, begun, time.monotonic())


def judge(item, reads, failures):
    """The reads of one item, by their begin: which of its states may each have shown?"""
    begins = [begin for _, begin, _ in item.states]
    acknowledged = [end for _, _, end in item.states]
    floor, waiting = 0, []  # Of reads that have ended; (end, earliest state it may have shown) of others.
    for begun, ended, shown in reads:
        floor = max([floor] + [state for end, state in waiting if end < begun])
        waiting = [(end, state) for end, state in waiting if end >= begun]
        low = max(floor, bisect.bisect_left(acknowledged, begun) - 1)
        high = bisect.bisect_left(begins, ended)
        fitting = next((n for n in range(low, high) if item.states[n][0] == shown), None)
        if fitting is None:
            failures.append(f"{item.partition}/{item.name}: a read showed {shown}, expected one of "
                            f"{[state for state, _, _ in item.states[low:high]]}")
            return
        waiting.append((ended, fitting))
