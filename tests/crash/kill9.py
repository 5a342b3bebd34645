#!/usr/bin/env python3
"""Kills the server with SIGKILL while webhooks ring, again and again, and reconciles both sides.

What must hold in the end: every webhook was delivered; the store and the receiver agree; nothing
that the store called COMPLETED before a kill was delivered again; and every second delivery belongs
to one that was in flight at a kill, with the same webhook-id.

    tests/crash/kill9.py build/release/carillon [--webhooks 5000] [--over 20] [--kills 12] [--seed N]
"""

import argparse
import collections
import os
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Receiver, Server, finish, iso  # noqa: E402

NAMESPACE = "crash"
# A delivery counts as in flight at a kill for at most this long: the answer was given, the outcome on
# its way to the disk. That is a turn of the loop and a sync: milliseconds, and seconds only in a debug
# build on a machine that does ten other things. (It once was 2 s when this script listed thousands of
# webhooks just before a kill: a page held up the loop. Pages are built in slices now.) That nothing
# recorded as COMPLETED rings again is checked apart from this, and without a tolerance.
IN_FLIGHT_S = 3.0
# What the server had sent before it died may reach this receiver's threads a little after its death.
RECEIVER_LAG_S = 0.5


def register(server, receiver, count, over_s):
    begin = time.time() + 3
    for first in range(0, count, 500):
        batch = [{
            "namespace": NAMESPACE, "id": f"w{n:05d}", "url": f"{receiver.url}/hook/{n}", "method": "POST",
            "schedule": iso(begin + over_s * n / count), "body": {"n": n}, "retries": {"max": 20},
        } for n in range(first, min(first + 500, count))]
        status, answer = server.call("POST", "/webhooks", {"webhooks": batch})
        if status not in (200, 201):
            raise RuntimeError(f"registration answered {status}: {answer}")
    return begin


def completed_ids(server):
    return {item["id"] for item in server.fetch_all(NAMESPACE, status="COMPLETED")}


def kill_and_restart(server, kills, completed_at_kill):
    before = completed_ids(server)
    begun = time.time()
    server.kill()
    kills.append((begun, time.time()))
    completed_at_kill.append((time.time(), before))
    server.start()
    # What the store itself says after the crash binds as well.
    after = completed_ids(server)
    completed_at_kill.append((time.time(), after))


def wait_until_done(server, count, timeout_s):
    deadline = time.time() + timeout_s
    while time.time() < deadline:
        done = len(completed_ids(server))
        if done == count:
            return done
        time.sleep(0.5)
    return len(completed_ids(server))


def reconcile(count, server, receiver, kills, completed_at_kill):
    failures = []
    items = {item["id"]: item for item in server.fetch_all(NAMESPACE)}
    receipts = collections.defaultdict(list)
    for receipt in receiver.receipts:
        number = int(receipt.path.rsplit("/", 1)[1])
        receipts[f"w{number:05d}"].append(receipt)

    lost = [i for i in items if not any(r.status == 200 for r in receipts[i])]
    if len(items) != count:
        failures.append(f"{count - len(items)} registered webhooks are not in the store")
    if lost:
        failures.append(f"{len(lost)} webhooks were never delivered, e.g. {lost[:5]}")
    unfinished = [i for i, item in items.items() if item["status"] != "COMPLETED"]
    if unfinished:
        failures.append(f"{len(unfinished)} webhooks are not COMPLETED, e.g. {items[unfinished[0]]}")

    early = sum(1 for i, rs in receipts.items() if rs[0].started < parse(items[i]["schedule"]) - 0.001)
    if early:
        failures.append(f"{early} webhooks rang before their time")
    strays = [i for i, rs in receipts.items() if len({r.webhook_id for r in rs}) != 1 or not rs[0].webhook_id]
    wrong = [i for i, rs in receipts.items() if rs and rs[0].webhook_id != items[i]["webhookId"]]
    if wrong:
        failures.append(f"{len(wrong)} webhooks rang with another webhook-id than the store shows, e.g. {wrong[:5]}")
    backwards = [i for i, rs in receipts.items() if any(int(a.attempt) > int(b.attempt) for a, b in zip(rs, rs[1:]))]
    if backwards:
        failures.append(f"{len(backwards)} webhooks counted their attempts backwards, e.g. {backwards[:5]}")
    if strays:
        failures.append(f"{len(strays)} webhooks changed their webhook-id between attempts")
    for at, ids in completed_at_kill:
        again = [i for i in ids if any(r.started > at for r in receipts[i])]
        if again:
            failures.append(f"{len(again)} webhooks were delivered after the store called them COMPLETED, e.g. {again[:5]}")

    duplicates = unexplained = 0
    for rs in receipts.values():
        delivered = None
        for receipt in sorted(rs, key=lambda r: r.started):
            if delivered is not None:
                duplicates += 1
                if not any(delivered <= ended + RECEIVER_LAG_S and begun <= receipt.started
                           and begun - delivered < IN_FLIGHT_S
                           for begun, ended in kills):
                    unexplained += 1
                    print(f"unexplained: {receipt.path} delivered {delivered:.3f}, again {receipt.started:.3f} "
                          f"(attempts {[(round(r.started, 3), r.status, r.attempt) for r in rs]}); "
                          f"kills {[(round(b, 3), round(e, 3)) for b, e in kills]}")
            if receipt.status == 200:
                delivered = receipt.started
    if unexplained:
        failures.append(f"{unexplained} second deliveries were not in flight at any kill")
    failed_calls = sum(1 for r in receiver.receipts if r.status != 200)
    print(f"webhooks {count}  kills {len(kills)}  calls {len(receiver.receipts)}  failed on purpose {failed_calls}")
    print(f"lost {len(lost)}  duplicates {duplicates} (all in flight at a kill: {'yes' if not unexplained else 'NO'})")
    return failures


def parse(instant):
    import calendar
    return calendar.timegm(time.strptime(instant[:19], "%Y-%m-%dT%H:%M:%S")) + int(instant[20:23]) / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--webhooks", type=int, default=5000)
    parser.add_argument("--over", type=float, default=20, help="seconds over which they fall due")
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    chance = random.Random(options.seed)

    scratch = tempfile.mkdtemp(prefix="carillon-crash-")
    receiver = Receiver(fail_share=0.1, seed=options.seed)
    server = Server(options.program, os.path.join(scratch, "store")).start()
    kills, completed_at_kill = [], []
    try:
        begin = register(server, receiver, options.webhooks, options.over)
        moments = sorted(begin + chance.uniform(0.2, options.over + 2) for _ in range(options.kills))
        for moment in moments:
            time.sleep(max(0, moment - time.time()))
            kill_and_restart(server, kills, completed_at_kill)
        wait_until_done(server, options.webhooks, 90)
        failures = reconcile(options.webhooks, server, receiver, kills, completed_at_kill)
        code = server.stop()
        if code != 0:
            failures.append(f"the server ended with exit code {code} on SIGTERM")
    finally:
        if server.alive():
            server.kill()
        receiver.close()
    if failures:
        print(f"the store is kept at {scratch}; the end of the server's log:\n{server.log_tail()}")
    else:
        shutil.rmtree(scratch)
    finish(failures)


if __name__ == "__main__":
    main()
