#!/usr/bin/env python3
"""Two Carillon servers and a worker that behaves as seed 001's TypeScript one share an outbox's table,
and all three are killed with SIGKILL at random.

The table is on `carillon dynamodb` in a process of its own, on disk. What must hold in the end: every
event was handled, or failed for good; a failed one is visible to both programs; no event was handled by
two Carillon workers unless its lease had truly expired: its first worker was killed with it in hand, or
the TypeScript worker met the expired row and wrote "Processing timeout" over whatever became of it.

    tests/e2e/mixed_fleet.py build/release/carillon [--events 2000] [--kills 9] [--seed N]
"""

import argparse
import collections
import os
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Server  # noqa: E402
from seed_worker import Table  # noqa: E402
from shared import Trial  # noqa: E402

TABLE = "events-outbox"
LEASE_S = 3.0
# A worker's outcome is on its way to the table for at most this long.
IN_FLIGHT_S = 5.0
# What a worker had sent before it died may reach this receiver's threads a little after its death.
RECEIVER_LAG_S = 0.5


class Worker(Server):
    """A Carillon server whose every event goes to the receiver, under the worker's name."""

    def __init__(self, program, directory, endpoint, receiver, name):
        super().__init__(program, directory)
        self.name, self.endpoint, self.receiver = name, endpoint, receiver

    def command(self):
        return [self.program, "serve", "--store", f"dynamodb://local?endpoint={self.endpoint}", "--port", str(self.port),
                "--allow-targets", "127.0.0.0/8",
                "--events", f"*={self.receiver}/{self.name}?envelope=outbox&attempts=1",
                "--events-poll-interval", "200ms", "--events-processing-timeout", f"{LEASE_S:.0f}s",
                "--events-retry-base", "200ms"]


class SeedWorker:
    def __init__(self, endpoint, receiver, name, log_path):
        self.name, self.log_path = name, log_path
        self.command = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support",
                                                     "seed_worker.py"),
                        endpoint, TABLE, receiver, name, "--poll-ms", "100", "--timeout-ms", str(int(LEASE_S * 1000)),
                        "--backoff-ms", "200"]
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def alive(self):
        return self.process.poll() is None

    def log_tail(self, count=20):
        with open(self.log_path, errors="replace") as log:
            return "".join(log.readlines()[-count:])


def event_id(n):
    return f"{'poison' if n % 100 == 7 else 'event'}-{n:05d}"


def emit(servers, count, seconds):
    """Batches of 25 over some time, to whichever server answers; again until one does."""
    began = time.time()
    for first in range(0, count, 25):
        time.sleep(max(0.0, began + seconds * first / count - time.time()))
        batch = [{"id": event_id(n), "type": "order.placed", "payload": {"n": n}}
                 for n in range(first, min(count, first + 25))]
        for attempt in range(200):
            try:
                status, answer = servers[attempt % len(servers)].call("POST", "/events", batch)
            except Exception:  # The server was killed just now: another, or the same one later.
                time.sleep(0.05)
                continue
            if status in (200, 201):
                break
            if status < 500:
                raise RuntimeError(f"POST /events answered {status}: {answer}")
            time.sleep(0.05)
        else:
            raise RuntimeError("no server took the events")


def kill_at_random(workers, kills, seconds, rng):
    """[(name, from, until)] of every kill."""
    done = []
    for _ in range(kills):
        time.sleep(seconds / kills * rng.uniform(0.5, 1.5))
        victim = rng.choice(workers)
        at = time.time()
        victim.kill()
        done.append((victim.name, at, time.time()))
        time.sleep(rng.uniform(0.05, 0.5))
        victim.start()
    return done


def wait_until_settled(table, count, timeout_s):
    deadline = time.time() + timeout_s
    while True:
        rows = {row["id"]["S"]: row for row in table.scan()}
        left = [i for i, row in rows.items() if row["status"]["S"] not in ("completed", "failed")]
        if len(rows) == count and not left:
            return rows, []
        if time.time() > deadline:
            return rows, [f"{len(rows)} of {count} rows, {len(left)} neither completed nor failed, for instance "
                          f"{[rows[i] for i in left[:2]]}"]
        time.sleep(0.5)


def failed_ids(server):
    ids, path = set(), "/events?status=failed&unindexed=true&limit=7"
    key = ""
    while True:
        status, page = server.call("GET", path + (f"&startKey={key}" if key else ""))
        if status != 200:
            raise RuntimeError(f"GET /events answered {status}: {page}")
        ids |= {event["id"] for event in page["items"]}
        key = page["nextKey"]
        if not key:
            return ids


def expired(calls, row, kills):
    """Whether the event's lease had expired between two handlings by Carillon workers."""
    if row.get("lastError", {}).get("S") == "Processing timeout":
        return True
    for first, second in zip(calls, calls[1:]):
        worker = first.path.split("/")[1]
        killed = [at for name, begin, at in kills
                  if name == worker and begin - IN_FLIGHT_S <= first.started <= at + RECEIVER_LAG_S]
        if not killed or second.started < first.started + 0.5:
            return False
    return True


def reconcile(count, rows, receiver, kills, server, table):
    failures = []
    handled = collections.defaultdict(list)
    for receipt in receiver.receipts:
        if receipt.status == 200:
            handled[receipt.webhook_id].append(receipt)
    ids = [event_id(n) for n in range(count)]
    good = [i for i in ids if not i.startswith("poison")]
    poison = {i for i in ids if i.startswith("poison")}
    lost = [i for i in good if not handled[i]]
    if lost:
        failures.append(f"{len(lost)} events were never handled, for instance {[rows[i] for i in lost[:2]]}")
    given_up = [i for i in good if rows[i]["status"]["S"] != "completed"]
    if given_up:
        failures.append(f"{len(given_up)} good events have failed, for instance {[rows[i] for i in given_up[:2]]}")

    failed = {i for i, row in rows.items() if row["status"]["S"] == "failed"}
    if failed != poison:
        failures.append(f"failed are {len(failed)}, expected the {len(poison)} poisonous ones")
    seen_here = failed_ids(server)
    if seen_here != failed:
        failures.append(f"Carillon lists {len(seen_here)} of {len(failed)} failed events")
    indexed = {i for i in failed if "gsiSortKey" in rows[i]}
    seen_there = {row["id"]["S"] for row in table.query("failed", limit=100, forward=False)}
    if seen_there != indexed:
        failures.append(f"the TypeScript worker's query finds {len(seen_there)} of {len(indexed)} failed events")

    twice = 0
    for i in good:
        calls = sorted((r for r in handled[i] if r.path.startswith("/carillon-")), key=lambda r: r.started)
        if len(calls) < 2:
            continue
        twice += 1
        if not expired(calls, rows[i], kills):
            times = [f"{r.path} {r.started:.3f}" for r in calls]
            failures.append(f"{i} was handled {len(calls)} times by Carillon and its lease had not expired: {times}, "
                            f"{rows[i]}")
    shares = collections.Counter(r.path.split("/")[1] for r in receiver.receipts if r.status == 200)
    repeated = sum(1 for i in good if len(handled[i]) > 1)
    print(f"handled by: {dict(sorted(shares.items()))}; lost {len(lost)}, twice or more {repeated}, of these by two "
          f"Carillon workers after an expired lease {twice}; failed {len(failed)}, {len(indexed)} of them indexed")
    if len(shares) != 3:
        failures.append("one of the workers did nothing")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    rng = random.Random(arguments.seed)

    with Trial("fleet", delay_s=0.01, refuse=lambda webhook_id: (webhook_id or "").startswith("poison")) as trial:
        dynamodb = trial.start_dynamodb(arguments.program)
        servers = []
        for name in ("carillon-a", "carillon-b"):
            os.makedirs(os.path.join(trial.scratch, name))
            servers.append(Worker(arguments.program, os.path.join(trial.scratch, name, "store"), dynamodb.url,
                                  trial.receiver.url, name).start())
            trial.started.append(servers[-1])
        seeds = SeedWorker(dynamodb.url, trial.receiver.url, "typescript", os.path.join(trial.scratch, "seed.log")).start()
        trial.started.append(seeds)

        emitting_failures = []

        def emitting():
            try:
                emit(servers, arguments.events, arguments.seconds)
            except RuntimeError as error:
                emitting_failures.append(str(error))

        emitter = threading.Thread(target=emitting)
        emitter.start()
        kills = kill_at_random([*servers, seeds], arguments.kills, arguments.seconds, rng)
        emitter.join()
        trial.failures += emitting_failures
        print(f"killed {dict(collections.Counter(name for name, _, _ in kills))}")
        table = Table(dynamodb.url, TABLE)
        rows, unsettled = wait_until_settled(table, arguments.events, 90)
        trial.failures += unsettled
        if not unsettled:
            trial.failures += reconcile(arguments.events, rows, trial.receiver, kills, servers[0], table)
        trial.stop(servers)


if __name__ == "__main__":
    main()
