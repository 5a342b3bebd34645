#!/usr/bin/env python3
"""Schedules from the command line alone: made, listed, explained, changed, triggered, filled in for the
past, forecast, and what is missed while no server runs.

    tests/e2e/schedules.py build/release/carillon
"""

import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Server, finish  # noqa: E402
from cli import Cli, Listener, expect, expect_in, failures  # noqa: E402


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def runs_of(cli, schedule, count=1, status="Succeeded", timeout_s=15):
    deadline = time.time() + timeout_s
    while time.time() < deadline:
        runs = lines(cli("run", "list", "--schedule", schedule, "--status", status, "--json").stdout)
        if len(runs) >= count:
            return runs
        time.sleep(0.1)
    failures.append(f"{schedule}: {len(runs)} runs are {status}, expected {count}")
    return runs


def check_made_and_fired(cli, listener):
    made = cli("schedule", "add", "soon", "in 1s", "--url", listener.url + "/soon", "-d", '{"order":7}', "-H", "X-Key: k")
    expect_in("add", "name          soon", made.stdout)
    call = listener.wait("soon")[0]
    expect("soon: method", call["method"], "POST")
    expect("soon: body", json.loads(call["body"]), {"order": 7})
    expect("soon: own header", call["headers"].get("x-key"), "k")
    schedule = lines(cli("schedule", "list", "--name", "soon", "--json").stdout)[0]
    run = runs_of(cli, "soon")[0]
    expect("soon: the run's webhook-id", call["id"], "run_" + run["id"])
    expect_in("run get: its attempts", "succeeded", cli("run", "get", run["id"]).stdout)
    expect("a name is as good as an id", json.loads(cli("schedule", "get", "soon", "--json").stdout)["id"], schedule["id"])
    expect_in("a name that nobody has", "carillon schedule list", cli("schedule", "get", "nobody", code=4).stderr)
    expect_in("what is missing", "--event TOPIC", cli("schedule", "add", "x", "@daily", code=2).stderr)
    text = cli("schedule", "explain", "soon").stdout
    expect_in("explain: it is over", "nothing: it has fired for the last time", text)
    expect_in("explain: its history", "Succeeded", text)
    expect_in("run get", "status        Succeeded", cli("run", "get", run["id"]).stdout)
    expect_in("the name is taken", "already exists",
              cli("schedule", "add", "soon", "@daily", "--url", listener.url, code=1).stderr)
    return schedule["id"]


def check_rules(cli, listener):
    """Each kind of rule is what `carillon cron` says it is."""
    for name, rule in (("cron", "30 2 * * *"), ("rrule", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0"),
                       ("interval", "every 15m phase 5m"), ("shot", "at 2090-01-01T00:00")):
        id = cli("schedule", "add", name, rule, "--tz", "Europe/Berlin", "--url", listener.url + "/never", "-q").stdout.strip()
        wanted = [fire["at"] for fire in cli.json("cron", rule, "--tz", "Europe/Berlin", "--count", "3")["next"]]
        found = [fire["at"] for fire in cli.json("schedule", "next", id, "--count", "3")["fires"]]
        expect(f"{name}: next fires", found, wanted)
    expect_in("list", "30 2 * * *", cli("schedule", "list").stdout)
    expect_in("a rule that is none", "hour", cli("schedule", "add", "bad", "0 25 * * *", "--url", listener.url, code=1).stderr)
    verdict = cli("schedule", "add", "bad", "0 25 * * *", "--url", listener.url, "--dry-run", code=1).stderr
    expect_in("dry run: what is wrong", "trigger.cron", verdict)
    expect_in("dry run: what it means", "At 09:00 every day",
              cli("schedule", "add", "fine", "0 9 * * *", "--url", listener.url, "--dry-run").stdout)
    expect("dry run: nothing was made", cli("schedule", "list", "--name", "fine", "-q").stdout, "")


def check_changes(cli, listener):
    id = cli("schedule", "add", "tick", "every 1s", "--url", listener.url + "/tick", "-q").stdout.strip()
    listener.wait("tick", 2)
    cli("schedule", "pause", id)
    time.sleep(0.3)
    count = len(listener.rings("tick"))
    time.sleep(1.5)
    expect("tick: silent while paused", len(listener.rings("tick")), count)
    expect_in("explain: paused", "it is paused", cli("schedule", "explain", id).stdout)
    cli("schedule", "edit", id, "--url", listener.url + "/tock", "--overlap", "allow")
    cli("schedule", "resume", id)
    listener.wait("tock", 1)
    schedule = cli.json("schedule", "get", id)
    expect("edit keeps the method", schedule["target"]["http"]["method"], "POST")
    expect("edit: overlap", schedule["policy"]["overlap"], "allow")
    expect_in("edit: another version", "version",
              cli("schedule", "edit", id, "--jitter", "1s", "--version", "1", code=1).stderr)
    cli("schedule", "rm", id)
    cli("schedule", "get", id, code=4)


def check_by_hand(cli, listener):
    id = cli("schedule", "add", "hand", "0 0 1 1 *", "--url", listener.url + "/hand", "-q").stdout.strip()
    run = cli("schedule", "trigger", id, "-d", '{"by":"hand"}', "-q").stdout.strip()
    expect("trigger: payload", json.loads(listener.wait("hand")[0]["body"]), {"by": "hand"})
    expect("trigger: its run", runs_of(cli, id)[0]["id"], run)
    hourly = cli("schedule", "add", "hourly", "@hourly", "--url", listener.url + "/hourly", "-q").stdout.strip()
    preview = cli("schedule", "backfill", hourly, "--from", "-3h", "--to", "now")
    expect("backfill: preview", len(preview.stdout.splitlines()), 3)
    expect("backfill: a preview runs nothing", listener.rings("hourly"), [])
    cli("schedule", "backfill", hourly, "--from", "-3h", "--to", "now", "--run", "--rate", "100")
    listener.wait("hourly", 3)
    again = cli("schedule", "backfill", hourly, "--from", "-3h", "--to", "now", "--run", "--rate", "100")
    expect_in("backfill: again nothing", "0 runs made", again.stdout)


def check_calendars(cli, listener):
    cli("calendar", "add", "works", "--code", "DE-BY", "--holiday", "2090-12-24")
    expect_in("calendar list", "works", cli("calendar", "list").stdout)
    expect_in("calendar get: a built-in code", "2027-01-06", cli("calendar", "get", "DE-BY", "--year", "2027").stdout)
    id = cli("schedule", "add", "open", "0 9 24,25,27 12 *", "--holidays", "works", "--url", listener.url, "-q").stdout.strip()
    fires = cli.json("schedule", "next", id, "--count", "2", "--from", "2090-12-01T00:00Z")["fires"]
    expect("own and built-in holidays are left out", [fire["local"][:10] for fire in fires], ["2090-12-27", "2091-12-24"])
    cli("calendar", "rm", "works", code=1)
    cli("schedule", "rm", id)
    cli("calendar", "rm", "works")


def check_failure(cli, listener):
    id = cli("schedule", "add", "deaf", "in 1s", "--url", "http://127.0.0.1:1/", "--attempts", "1", "-q").stdout.strip()
    run = runs_of(cli, id, status="Failed")[0]
    expect_in("run list: why", "connect", cli("run", "list", "--schedule", id).stdout)
    cli("schedule", "edit", id, "--url", listener.url + "/deaf")
    cli("run", "retry", run["id"])
    runs_of(cli, id, status="Failed", count=1)
    cli("run", "cancel", run["id"], code=1)


def check_tenants(cli, listener, id):
    cli("schedule", "get", id, "--tenant", "other", code=4)
    expect("a tenant sees its own", cli("schedule", "list", "--tenant", "other", "-q").stdout, "")
    cli("schedule", "add", "soon", "@yearly", "--url", listener.url, "--tenant", "other")


def check_usage(cli):
    cli("schedule", code=2)
    cli("schedule", "get", code=2)
    cli("schedule", "list", "--server", "http://127.0.0.1:1", code=3)
    cli("run", "get", "01JZZZZZZZZZZZZZZZZZZZZZZZ", code=4)
    cli("schedule", "backfill", "x", "--from", "someday", "--to", "now", code=2)


def check_forecast(cli, server):
    served = cli.json("forecast", "--server", f"http://127.0.0.1:{server.port}", "--from", "2090-03-25T00:00Z",
                      "--to", "2090-03-27T00:00Z")
    expect("forecast: what the clocks do", [(each["name"], each["kind"]) for each in served["daylight"]],
           [("cron", "skipped")])
    in_use = cli("forecast", "--store", f"embedded:{server.directory}", code=1).stderr
    expect_in("forecast: a store that is in use", "in use", in_use)
    return served


def check_down(cli, server, listener, served):
    """A store at rest can be forecast; what was missed while nobody ran fires at the next start."""
    id = cli("schedule", "add", "missed", "in 2s", "--url", listener.url + "/missed", "-q").stdout.strip()
    expect("SIGTERM: exit code", server.stop(), 0)
    stored = json.loads(cli("forecast", "--store", f"embedded:{server.directory}", "--from", "2090-03-25T00:00Z",
                            "--to", "2090-03-27T00:00Z", "--tenant", "default", "--csv", "load.csv", "--json").stdout)
    expect("forecast: store and server agree", stored["load"], served["load"])
    with open(os.path.join(cli.scratch, "load.csv")) as file:
        kinds = {line.split(",")[0] for line in file.read().splitlines()}
    expect("forecast: rows of the CSV", kinds, {"kind", "load", "daylight"})
    time.sleep(4.5)
    expect("missed: nothing rang while no server ran", listener.rings("missed"), [])
    server.start()
    listener.wait("missed")
    time.sleep(1)
    expect("missed: it ran once", len(listener.rings("missed")), 1)
    ledger = server.call("GET", f"/schedules/{id}/ledger")[1]["data"]
    expect("missed: the ledger says so", [row["outcome"] for row in ledger], ["late"])


def main():
    program = os.path.abspath(sys.argv[1])
    scratch = tempfile.mkdtemp(prefix="carillon-schedules-")
    listener = Listener(program)
    server = Server(program, os.path.join(scratch, "store"), "--log-level", "warn", "--retry-base", "200ms").start()
    # Restarted where the commands expect it.
    cli = Cli(program, server, scratch)
    try:
        soon = check_made_and_fired(cli, listener)
        check_rules(cli, listener)
        check_changes(cli, listener)
        check_by_hand(cli, listener)
        check_calendars(cli, listener)
        check_failure(cli, listener)
        check_tenants(cli, listener, soon)
        check_usage(cli)
        served = check_forecast(cli, server)
        check_down(cli, server, listener, served)
        expect("the end: exit code", server.stop(), 0)
    finally:
        if server.alive():
            print(server.log_tail())
            server.kill()
        if listener.process.poll() is None:
            listener.process.kill()
    shutil.rmtree(scratch)
    finish(failures)


if __name__ == "__main__":
    main()
