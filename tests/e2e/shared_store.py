#!/usr/bin/env python3
"""Three servers share one table of a DynamoDB, one of them is killed while webhooks ring.

The DynamoDB is `carillon dynamodb` in a process of its own, on disk. What must hold in the end: every
webhook is COMPLETED and was delivered; a second delivery belongs to one that was in flight at the kill;
servers that have nothing to do ask little of the store.

    tests/e2e/shared_store.py build/release/carillon [--webhooks 2000] [--over 10]
"""

import argparse
import collections
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import iso  # noqa: E402
from shared import IN_FLIGHT_S, LEASE_S, RECEIVER_LAG_S, Trial, start_sharers  # noqa: E402

NAMESPACE = "shared"


def register(servers, receiver, count, over_s):
    """Every server takes a share. Returns when the first is due."""
    begin = time.time() + 8
    failures = []

    def share(index):
        mine = range(index, count, len(servers))
        for first in range(0, len(mine), 100):
            batch = [{
                "namespace": NAMESPACE, "id": f"w{n:05d}", "url": f"{receiver.url}/hook/{n}", "method": "POST",
                "schedule": iso(begin + over_s * n / count), "body": {"n": n}, "retries": {"max": 20},
            } for n in mine[first:first + 100]]
            status, answer = servers[index].call("POST", "/webhooks", {"webhooks": batch})
            if status not in (200, 201):
                failures.append(f"registration answered {status}: {answer}")

    started = time.time()
    threads = [threading.Thread(target=share, args=(i,)) for i in range(len(servers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.time() - started
    print(f"registered {count} webhooks in {seconds:.1f} s ({count / seconds:.0f}/s) through {len(servers)} servers")
    return begin, failures


def wait_until_done(server, count, timeout_s):
    deadline = time.time() + timeout_s
    done = 0
    while time.time() < deadline:
        done = len(server.fetch_all(NAMESPACE, status="COMPLETED"))
        if done == count:
            break
        time.sleep(1)
    return done


def reconcile(count, server, receiver, begin, over_s, killed):
    failures = []
    items = {item["id"]: item for item in server.fetch_all(NAMESPACE)}
    receipts = collections.defaultdict(list)
    for receipt in receiver.receipts:
        receipts[f"w{int(receipt.path.rsplit('/', 1)[1]):05d}"].append(receipt)
    if len(items) != count:
        failures.append(f"{len(items)} of {count} webhooks are in the table")
    open_ones = sorted(i for i, item in items.items() if item["status"] != "COMPLETED")
    if open_ones:
        failures.append(f"{len(open_ones)} are not COMPLETED, for instance {open_ones[:3]}")
    lost = [i for i in items if not receipts[i]]
    if lost:
        failures.append(f"{len(lost)} were never delivered, for instance {lost[:3]}")
    repeated = {i: r for i, r in receipts.items() if len(r) > 1}
    for i, calls in repeated.items():
        first = min(r.started for r in calls)
        if not killed[0] - IN_FLIGHT_S <= first <= killed[1] + RECEIVER_LAG_S:
            failures.append(f"{i} was delivered {len(calls)} times, and was not in flight at the kill: first "
                            f"{first - killed[0]:+.2f} s from it")
        if len({r.webhook_id for r in calls}) != 1:
            failures.append(f"{i} was delivered under several ids")
    firsts = {i: min(r.started for r in calls) for i, calls in receipts.items()}
    late = sorted(firsts[f"w{n:05d}"] - (begin + over_s * n / count) for n in range(count) if f"w{n:05d}" in firsts)
    if late:
        print(f"lateness: p50 {late[len(late) // 2] * 1000:.0f} ms, p90 {late[len(late) * 9 // 10] * 1000:.0f} ms, "
              f"max {late[-1]:.1f} s (a lease of the dead server lapses after {LEASE_S:.0f} s)")
        if late[0] < -0.002:
            failures.append(f"a webhook was delivered {-late[0] * 1000:.0f} ms early")
    print(f"{len(receiver.receipts)} deliveries of {count} webhooks, {len(repeated)} of them twice or more")
    return failures


def idle_cost(server, seconds=10):
    """Requests a second that a server with nothing to do makes."""
    before = server.metric("carillon_store_calls")
    time.sleep(seconds)
    return (server.metric("carillon_store_calls") - before) / seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--webhooks", type=int, default=2000)
    parser.add_argument("--over", type=float, default=10)
    arguments = parser.parse_args()

    with Trial("shared", delay_s=0.01) as trial:
        dynamodb = trial.start_dynamodb(arguments.program)
        servers = start_sharers(arguments.program, trial.scratch, dynamodb)
        trial.started += servers

        begin, failed = register(servers, trial.receiver, arguments.webhooks, arguments.over)
        trial.failures += failed
        time.sleep(max(0.0, begin + arguments.over / 2 - time.time()))
        shares = [server.metric("carillon_queue_started_total") for server in servers]
        victim = servers.pop()
        at = time.time()
        victim.kill()
        killed = (at, time.time())
        print(f"killed one of three after {at - begin:.1f} s; started by then: {[int(s) for s in shares]}")
        done = wait_until_done(servers[0], arguments.webhooks, LEASE_S + 60)
        print(f"{done} COMPLETED {time.time() - begin:.1f} s after the first was due")
        trial.failures += reconcile(arguments.webhooks, servers[0], trial.receiver, begin, arguments.over, killed)
        if min(shares) == 0:
            trial.failures.append(f"one of the servers did nothing: {shares}")
        cost = idle_cost(servers[1])
        print(f"an idle server makes {cost:.1f} requests/s")
        if cost > 5:
            trial.failures.append(f"an idle server makes {cost:.1f} requests/s")
        trial.stop(servers)


if __name__ == "__main__":
    main()
