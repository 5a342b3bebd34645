#!/usr/bin/env python3
"""Three servers fire the schedules of one table of a DynamoDB, one of them is killed in the middle.

The DynamoDB is `carillon dynamodb` in a process of its own, on disk. All schedules are due in the same
second, again and again. What must hold in the end: the ledger tells of every instant of every schedule
once; each instant has one run, which succeeded and was delivered; a second delivery belongs to a run
that was in flight at the kill.

    tests/e2e/shared_schedules.py build/release/carillon [--schedules 200] [--fires 4] [--every 5]

On a machine for it: --schedules 2000 --fires 5 --every 1.
"""

import argparse
import collections
import http.client
import json
import os
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import iso  # noqa: E402
from shared import IN_FLIGHT_S, LEASE_S, RECEIVER_LAG_S, Trial, start_sharers  # noqa: E402

THREADS_PER_SERVER = 4


class Connection:
    """One that is kept: thousands of calls are made."""

    def __init__(self, server):
        self.http = http.client.HTTPConnection(server.host, server.port, timeout=120)

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        self.http.request(method, path, data, {} if data is None else {"Content-Type": "application/json"})
        answer = self.http.getresponse()
        raw = answer.read()
        return answer.status, (json.loads(raw) if raw else None)


def in_parallel(servers, items, work):
    """work(connection, item) for each, through all of the servers; the answers in the items' order."""
    answers = [None] * len(items)
    failures = []
    workers = len(servers) * THREADS_PER_SERVER

    def share(index):
        connection = Connection(servers[index % len(servers)])
        try:
            for i in range(index, len(items), workers):
                answers[i] = work(connection, items[i])
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            failures.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=share, args=(index,)) for index in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return answers


def make(servers, receiver, count, begin, every_s, fires):
    def one(connection, n):
        status, answer = connection.call("POST", "/schedules", {
            "name": f"s{n:05d}",
            "trigger": {"type": "INTERVAL", "every": f"{every_s}s"},
            "bounds": {"startAt": iso(begin), "endAt": iso(begin + every_s * fires)},
            "target": {"kind": "HTTP", "http": {"url": f"{receiver.url}/hook/{n}"}},
            # Late is late here, never missed: every instant must run.
            "policy": {"misfire": "all", "misfireGraceSec": 3600, "overlap": "allow", "maxAttempts": 20,
                       "backoffBaseSec": 0.2},
        })
        if status != 201:
            raise RuntimeError(f"POST /schedules answered {status}: {answer}")
        return answer["id"]

    started = time.time()
    ids = in_parallel(servers, range(count), one)
    seconds = time.time() - started
    print(f"made {count} schedules in {seconds:.1f} s ({count / seconds:.0f}/s) through {len(servers)} servers")
    return ids


def all_runs(server):
    connection, runs, cursor = Connection(server), [], None
    while True:
        query = {"limit": 100, **({"cursor": cursor} if cursor else {})}
        status, page = connection.call("GET", "/runs?" + urllib.parse.urlencode(query))
        if status != 200:
            raise RuntimeError(f"GET /runs answered {status}: {page}")
        runs += page["data"]
        cursor = page["nextCursor"]
        if not cursor:
            return runs


def wait_until_done(server, count, timeout_s):
    deadline = time.time() + timeout_s
    while True:
        runs = all_runs(server)
        done = sum(run["status"] == "Succeeded" for run in runs)
        if done >= count or time.time() > deadline:
            return runs
        time.sleep(2)


def check_ledger(servers, ids, instants):
    def rows_of(connection, id):
        status, page = connection.call("GET", f"/schedules/{id}/ledger?limit=100")
        if status != 200:
            raise RuntimeError(f"GET /schedules/{id}/ledger answered {status}: {page}")
        return page["data"]

    failures = []
    outcomes = collections.Counter()
    for id, rows in zip(ids, in_parallel(servers, ids, rows_of)):
        outcomes.update(row["outcome"] for row in rows)
        told = sorted(row["at"] for row in rows)
        if told != instants:
            failures.append(f"schedule {id}: the ledger tells of {told}, not of {instants}")
        if any(not row.get("runId") for row in rows):
            failures.append(f"schedule {id}: an instant without a run: {rows}")
    print(f"the ledger: {dict(outcomes)}")
    return failures[:5]


def check_runs(runs, ids, instants, receiver, killed):
    failures = []
    by_instant = collections.Counter((run["scheduleId"], run["fireAt"]) for run in runs)
    wanted = {(id, at) for id in ids for at in instants}
    missing = wanted - set(by_instant)
    doubled = [key for key, count in by_instant.items() if count > 1]
    if missing:
        failures.append(f"{len(missing)} instants have no run, for instance {sorted(missing)[:3]}")
    if doubled or set(by_instant) - wanted:
        failures.append(f"{len(doubled)} instants have several runs, for instance {doubled[:3]}")
    unfinished = collections.Counter(run["status"] for run in runs if run["status"] != "Succeeded")
    if unfinished:
        failures.append(f"runs have not succeeded: {dict(unfinished)}")
    receipts = collections.defaultdict(list)
    for receipt in receiver.receipts:
        receipts[receipt.webhook_id].append(receipt.started)
    known = {"run_" + run["id"] for run in runs}
    if set(receipts) - known:
        failures.append(f"{len(set(receipts) - known)} deliveries belong to no run")
    lost = [id for id in known if id not in receipts]
    if lost:
        failures.append(f"{len(lost)} runs were never delivered, for instance {lost[:3]}")
    repeated = {id: min(calls) for id, calls in receipts.items() if len(calls) > 1}
    for id, first in repeated.items():
        if not killed[0] - IN_FLIGHT_S <= first <= killed[1] + RECEIVER_LAG_S:
            failures.append(f"{id} was delivered twice, and was not in flight at the kill: {first - killed[0]:+.2f} s")
    late = sorted(run["metrics"].get("latencyMs", 0) for run in runs)
    if late:
        print(f"lateness of runs: p50 {late[len(late) // 2]} ms, p90 {late[len(late) * 9 // 10]} ms, max {late[-1]} ms "
              f"(a lease of the dead server lapses after {LEASE_S:.0f} s)")
        if late[0] < 0:
            failures.append(f"a run was {-late[0]} ms early")
    print(f"{len(receiver.receipts)} deliveries of {len(runs)} runs, {len(repeated)} of them twice or more")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--schedules", type=int, default=200)
    parser.add_argument("--fires", type=int, default=4)
    parser.add_argument("--every", type=int, default=5, help="seconds between the fires of each")
    arguments = parser.parse_args()
    count, fires = arguments.schedules, arguments.fires

    with Trial("shared-schedules", delay_s=0.01) as trial:
        dynamodb = trial.start_dynamodb(arguments.program)
        servers = start_sharers(arguments.program, trial.scratch, dynamodb, "--schedules", "true")
        trial.started += servers

        # Made well before they are due, however slow the machine is.
        begin = int(time.time()) + 10 + count // 15
        ids = make(servers, trial.receiver, count, begin, arguments.every, fires)
        if time.time() > begin:
            trial.failures.append(f"they were made {time.time() - begin:.1f} s too late")
        instants = [iso(begin + arguments.every * n) for n in range(fires)]

        # A moment behind the middle one, when its deliveries are under way.
        time.sleep(max(0.0, begin + arguments.every * (fires // 2) + 0.3 - time.time()))
        victim = servers.pop()
        at = time.time()
        victim.kill()
        killed = (at, time.time())
        print(f"killed one of three {at - begin:.1f} s after the first was due, after {len(trial.receiver.receipts)} deliveries")
        runs = wait_until_done(servers[0], count * fires, arguments.every * fires + 2 * LEASE_S + 60)
        print(f"all is done {time.time() - begin:.1f} s after the first was due")
        trial.failures += check_ledger(servers, ids, instants)
        trial.failures += check_runs(runs, ids, instants, trial.receiver, killed)
        shares = [server.metric("carillon_schedule_fires_total") for server in servers]
        if min(shares) == 0:
            trial.failures.append(f"one of the servers fired nothing: {shares}")
        trial.stop(servers)


if __name__ == "__main__":
    main()
