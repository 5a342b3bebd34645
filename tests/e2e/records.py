#!/usr/bin/env python3
"""`carillon records`, through the program alone: the seed's tables and ours, a command for every record,
its exit codes; and two processes that share 2 000 records of a running `carillon dynamodb`, one of
which is killed with kill -9: each record is processed once, unless its lease had expired.

    tests/e2e/records.py build/release/carillon
"""

import collections
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Dynamodb, finish  # noqa: E402

failures = []
RECORDS = 2000
LEASE_S = 4


def expect(what, got, wanted):
    if got != wanted:
        failures.append(f"{what}: got {got!r}, expected {wanted!r}")


def expect_in(what, part, text):
    if part not in text:
        failures.append(f"{what}: {part!r} is not in {text[-600:]!r}")


class Program:
    def __init__(self, program, scratch, *place):
        self.program, self.scratch, self.place = program, scratch, place

    def __call__(self, action, *arguments, code=0, stdin=None):
        result = subprocess.run([self.program, "records", action, *self.place, *arguments], timeout=120,
                                capture_output=True, text=True, input=stdin, cwd=self.scratch)
        if result.returncode != code:
            failures.append(f"carillon records {action} {' '.join(arguments)}: exit code {result.returncode}, "
                            f"expected {code}: {result.stdout[-500:]}{result.stderr[-500:]}")
        return result

    def start(self, action, *arguments):
        return subprocess.Popen([self.program, "records", action, *self.place, *arguments], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.scratch)

    def count(self, state, *arguments):
        return int(self("list", "--state", state, "--count", *arguments).stdout)


def seeds_tables(records, scratch):
    """Put, list and process in a directory, with every exit code that a command may have."""
    expect_in("create-tables", "Users", records("create-tables").stdout)
    records("create-tables")  # Again: they are there.
    rows = [{"AccountId": "ACC1", "RunTime": f"2026-02-17T12:00:{i:02}Z", "DocumentId": f"D{i}"} for i in range(20)]
    expect("put", records("put", "-", stdin="\n".join(map(json.dumps, rows))).stdout, "20 records written\n")
    expect("unprocessed", records.count("unprocessed"), 20)
    listed = [json.loads(line) for line in records("list", "--limit", "5").stdout.splitlines()]
    expect("list", [(row["Processed"], row["AccountId"]) for row in listed], [(0, "ACC1")] * 5)
    records("put", json.dumps(rows[0]), "--new", code=1)

    script = os.path.join(scratch, "work.py")
    with open(script, "w") as file:
        file.write('import json, os, sys\n'
                   'record = json.load(sys.stdin)\n'
                   'open("runs", "a").write(record["DocumentId"] + " " + os.environ["CARILLON_ATTEMPT"] + "\\n")\n'
                   'if record["DocumentId"] == "D3": sys.exit("no such document")\n'
                   'if record["DocumentId"] == "D4" and os.environ["CARILLON_ATTEMPT"] == "1": sys.exit(75)\n'
                   'if record["DocumentId"] == "D5": sys.exit(75)\n'
                   'if record["DocumentId"] == "D6" and os.environ["CARILLON_ATTEMPT"] == "1":\n'
                   '    import time; time.sleep(60)\n')
    result = records("process", "--exec", f"{sys.executable} {script}", "--timeout", "3s", "--retries", "1",
                     "--iterations", "2", "--backoff", "20ms", "--json", code=1)
    report = json.loads(result.stdout)
    outcome = {row["key"]["RunTime"][-3:-1]: row for row in report["records"]}
    expect("complete", report["complete"], True)
    expect("processed", (report["processed"], report["quarantined"]), (18, 2))
    expect("one outcome for each", len(report["records"]), 20)
    expect("failed for good", (outcome["03"]["outcome"], outcome["03"]["attempts"]), ("quarantined", 1))
    expect("its reason", outcome["03"]["error"], "exit code 1: no such document")
    expect("retried", (outcome["04"]["outcome"], outcome["04"]["attempts"]), ("processed", 2))
    expect("spent", (outcome["05"]["outcome"], outcome["05"]["attempts"]), ("quarantined", 4))
    expect("timed out, then well", (outcome["06"]["outcome"], outcome["06"]["attempts"]), ("processed", 2))
    with open(os.path.join(scratch, "runs")) as file:
        runs = collections.Counter(line.split()[0] for line in file)
    expect("runs", (runs["D0"], runs["D3"], runs["D4"], runs["D5"], runs["D6"]), (1, 1, 2, 4, 2))
    expect("processed in the table", records.count("processed"), 18)
    done = json.loads(records("list", "--state", "processed", "--limit", "1").stdout)
    expect("a processed record's attributes", sorted(done),
           ["AccountId", "CreatedAt", "DocumentId", "Processed", "RunTime", "UpdatedAt"])

    expect("requeue", records("requeue", "--all").stdout, "2 requeued\n")
    table = records("process", "--exec", "cat >/dev/null").stdout
    expect_in("the report for people", "processed  2", table)
    expect("all processed", records.count("processed"), 20)


def commands_that_cannot_run(records):
    """Nothing is wrong with the records: they stay as they are."""
    records("create-tables", "--table", "Jobs", "--key", "id", "--shards", "3")
    records("put", "-", "--table", "Jobs", stdin="\n".join(json.dumps({"id": str(i)}) for i in range(30)))
    result = records("process", "--table", "Jobs", "--exec", "no-such-command-at-all", code=1)
    expect_in("not found", "the command cannot be run", result.stderr)
    expect("still unprocessed", records.count("unprocessed", "--table", "Jobs"), 30)
    records("process", "--table", "Jobs", "--exec", "true", "--workers", "8")
    expect("our layout", records.count("processed", "--table", "Jobs"), 30)
    records("list", "--table", "Nothing", code=4)
    records("process", "--table", "Users", "--exec", "true", code=2)
    records("list", "--state", "odd", code=2)
    records("process", "--exec", "true", "--workers", "0", code=2)


def stopped_by_a_signal(records):
    records("create-tables", "--table", "Slow", "--key", "id")
    records("put", "-", "--table", "Slow", stdin="\n".join(json.dumps({"id": str(i)}) for i in range(40)))
    process = records.start("process", "--table", "Slow", "--exec", "sleep 0.2", "--workers", "2", "--json")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    report = json.loads(out)
    expect("exit code when stopped", process.returncode, 1)
    expect("complete", report["complete"], False)
    expect_in("told", "stopped before", err)
    left = records.count("unprocessed", "--table", "Slow")
    expect("what was done is done", report["processed"] + left, 40)
    if not 0 < report["processed"] < 40:
        failures.append(f"stopped: {report['processed']} processed")


def two_processes_one_killed(program, scratch, layout, options):
    """Each run of the command writes a line with the record and the time, when it ends."""
    server = Dynamodb(program, os.path.join(scratch, "dynamodb"), "memory:").start()
    try:
        records = Program(program, scratch, "--url", server.url)
        table = ["--table", "Shared" if layout == "sharded" else "Records"]
        records("create-tables", *(["--table", "Shared", "--key", "AccountId", "--sort", "RunTime"]
                                   if layout == "sharded" else []))
        rows = [{"AccountId": f"ACC{i % 7}", "RunTime": f"r{i:05}"} for i in range(RECORDS)]
        records("put", "-", *table, stdin="\n".join(map(json.dumps, rows)))
        runs = os.path.join(scratch, "runs-" + layout)
        # The line is one write, so lines of several commands do not mix.
        # One whose parent is killed before it wrote the record gets none, and does nothing.
        command = ("read -r record || exit 1; sleep 0.02; "
                   f'printf "%s %s %s\\n" "$WORKER" "$(date +%s.%N)" "$record" >>{runs}')
        arguments = [*table, "--exec", command, "--workers", "8", "--lease", f"{LEASE_S}s", "--json", *options]
        os.environ["WORKER"] = "survivor"
        survivor = records.start("process", *arguments)
        os.environ["WORKER"] = "doomed"
        doomed = records.start("process", *arguments)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and lines_by(runs, "doomed") < 150:
            time.sleep(0.05)
        killed_at = time.time()
        doomed.send_signal(signal.SIGKILL)
        doomed.communicate(timeout=30)
        out, err = survivor.communicate(timeout=300)
        report = json.loads(out) if out else {}
        expect(f"{layout}: exit code", survivor.returncode, 0)
        expect(f"{layout}: complete", report.get("complete"), True)
        expect(f"{layout}: processed in the table", records.count("processed", *table), RECORDS)
        expect(f"{layout}: left", [records.count(state, *table) for state in
                                   ("unprocessed", "in-hand", "quarantined")], [0, 0, 0])
        check_runs(layout, runs, killed_at, report)
    finally:
        server.stop()


def lines_by(path, worker):
    if not os.path.exists(path):
        return 0
    with open(path) as file:
        return sum(line.startswith(worker) for line in file)


def check_runs(layout, path, killed_at, report):
    ran = collections.defaultdict(list)
    with open(path) as file:
        for line in file:
            worker, at, record = line.split(" ", 2)
            ran[json.loads(record)["RunTime"]].append((worker, float(at)))
    expect(f"{layout}: records that ran", len(ran), RECORDS)
    twice = {name: times for name, times in ran.items() if len(times) > 1}
    for name, times in twice.items():
        # Only what the dead one had in hand, and only when its lease had expired. Its commands live on
        # for a moment and write their line.
        expect(f"{layout}: {name} ran twice", sorted(worker for worker, _ in times), ["doomed", "survivor"])
        second = max(at for worker, at in times if worker == "survivor")
        if second < killed_at + LEASE_S * 2 / 3 - 0.5:
            failures.append(f"{layout}: {name} ran again {second - killed_at:.1f} s after the kill")
    if len(twice) > 16:
        failures.append(f"{layout}: {len(twice)} ran twice; only 8 were in work, and 8 outcomes may not be recorded")
    by_doomed = sum(1 for times in ran.values() if [worker for worker, _ in times] == ["doomed"])
    expect(f"{layout}: the survivor's count", report.get("processed"), RECORDS - by_doomed)
    print(f"{layout}: {RECORDS} records, {by_doomed} by the one that was killed, {len(twice)} twice")


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        records = Program(program, scratch, "--store", "embedded:./store")
        seeds_tables(records, scratch)
        commands_that_cannot_run(records)
        stopped_by_a_signal(records)
        two_processes_one_killed(program, scratch, "flag", [])
        two_processes_one_killed(program, scratch, "sharded", [])
    return finish(failures)


if __name__ == "__main__":
    sys.exit(main())
