#!/usr/bin/env python3
"""histories.judge: what it lets pass, and what it finds."""

import unittest

from histories import ABSENT, Item, judge

NEVER = float("inf")


def found(states, reads):
    """States: (state, begun, acknowledged); reads: (begun, ended, shown)."""
    item, failures = Item("p", "x"), []
    item.states += states
    judge(item, sorted(reads, key=lambda read: read[:2]), failures)
    return failures


class Judge(unittest.TestCase):
    def test_lets_pass_what_one_order_explains(self):
        for name, states, reads in (
                ("the last one", [(1, 0, 1), (2, 2, 3)], [(4, 5, 2)]),
                ("nothing before there was anything", [(1, 5, 6)], [(2, 3, ABSENT)]),
                ("the old one during a write", [(1, 0, 1), (2, 2, 6)], [(4, 5, 1)]),
                ("the new one during a write", [(1, 0, 1), (2, 2, 6)], [(4, 5, 2)]),
                ("a write that was never acknowledged", [(1, 0, 1), (2, 2, NEVER)], [(4, 5, 1), (6, 7, 2)]),
                ("reads that overlap, in any order", [(1, 0, 1), (2, 2, 9)], [(3, 6, 2), (5, 7, 1)]),
                ("a removal", [(1, 0, 1), (ABSENT, 2, 3)], [(4, 5, ABSENT)])):
            self.assertEqual(found(states, reads), [], name)

    def test_finds_what_none_explains(self):
        for name, states, reads in (
                ("stale", [(1, 0, 1), (2, 2, 3)], [(4, 5, 1)]),
                ("vanished", [(1, 0, 1)], [(2, 3, ABSENT)]),
                ("back from a removal", [(1, 0, 1), (ABSENT, 2, 3)], [(4, 5, 1)]),
                ("before it was written", [(1, 5, 6)], [(2, 3, 1)]),
                ("new, then old again", [(1, 0, 1), (2, 2, 9)], [(3, 4, 2), (5, 6, 1)]),
                ("vanished after it was seen", [(1, 0, 9)], [(1, 2, 1), (3, 4, ABSENT)]),
                ("never written", [(1, 0, 1)], [(2, 3, 7)])):
            self.assertEqual(len(found(states, reads)), 1, name)


if __name__ == "__main__":
    unittest.main()
