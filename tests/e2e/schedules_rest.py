#!/usr/bin/env python3
"""Schedules through a real server: every kind of trigger and target, pause and resume, runs by hand,
backfill, downtime, kill -9 in the middle, tenants, and what a client can get wrong.

HTTP targets are a receiver here, EVENT and QUEUE targets go to a nats-server with JetStream (without
one on this machine, those checks are left out and the script says so).

    tests/e2e/schedules_rest.py build/release/carillon
"""

import base64
import hashlib
import hmac
import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Server, finish, iso  # noqa: E402
from schedule_rig import Api, Nats, Receiver, check, failures, wait_for  # noqa: E402

KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
EVERY_SECOND = {"type": "CRON", "cron": "* * * * * *"}
YEARLY = {"type": "CRON", "cron": "0 0 1 1 *"}


def triggers(api):
    soon = iso(time.time() + 1)
    made = {
        "cron": api.make("cron", EVERY_SECOND),
        "rrule": api.make("rrule", {"type": "RRULE", "rrule": "FREQ=SECONDLY;INTERVAL=2"}),
        "interval": api.make("interval", {"type": "INTERVAL", "every": "1s"}),
        "delay": api.make("delay", {"type": "FIXED_DELAY", "delaySec": 1}),
        "once": api.make("once", {"type": "ONE_SHOT", "startAt": soon}, payload={"bell": "great"}),
    }
    for name in ("cron", "rrule", "interval", "delay"):
        wait_for(f"two calls of {name}", lambda: len(api.receiver.at("/" + name)) >= 2)
        api.pause(made[name])
    wait_for("the single time", lambda: len(api.receiver.at("/once")) == 1)
    path, method, headers, body = api.receiver.at("/once")[0]
    check(method == "POST" and json.loads(body) == {"bell": "great"}, f"the payload was sent: {method} {body}")
    once = api.call("GET", f"/schedules/{made['once']['id']}")
    check(once["nextFireAt"] is None and once["lastFireAt"] == soon, f"a single time is over: {once}")
    for name, schedule in made.items():
        ledger, runs = api.ledger(schedule), api.runs(schedule)
        check(ledger and all(row["outcome"] in ("fired", "late") for row in ledger), f"{name} fired: {ledger}")
        check(len({row["at"] for row in ledger}) == len(ledger), f"{name} has one row per instant")
        check({row["runId"] for row in ledger} == {run["id"] for run in runs}, f"{name}: rows name their runs")
        wait_for(f"{name}'s runs", lambda: all(run["status"] == "Succeeded" for run in api.runs(schedule)))
        for run in runs:
            check(f"run_{run['id']}" in api.receiver.ids(), f"{name}: {run['id']} was delivered")
    seconds = [row["at"] for row in api.ledger(made["rrule"])]
    check(all(int(at[17:19]) % 2 == int(seconds[0][17:19]) % 2 for at in seconds), f"every other second: {seconds}")
    return made


def brokers(api, nats):
    event = api.call("POST", "/schedules", {
        "name": "event", "trigger": {"type": "INTERVAL", "every": "1s"}, "payload": {"n": 1},
        "target": {"kind": "EVENT", "eventTopic": "bells.rung"}}, want=201)
    queue = api.call("POST", "/schedules", {
        "name": "queue", "trigger": {"type": "INTERVAL", "every": "1s"}, "payload": [2],
        "target": {"kind": "QUEUE", "queue": {"topic": "bells.queue"}}}, want=201)
    wait_for("two events", lambda: len(nats.messages("bells.rung")) >= 2)
    wait_for("two queue messages", lambda: len(nats.messages("bells.queue")) >= 2)
    api.pause(event)
    api.pause(queue)
    for schedule, subject, payload in ((event, "bells.rung", {"n": 1}), (queue, "bells.queue", [2])):
        wait_for(f"the runs of {subject}", lambda: all(run["status"] == "Succeeded" for run in api.runs(schedule)))
        messages = nats.messages(subject)
        check({message["id"] for message in messages} == {run["id"] for run in api.runs(schedule)},
              f"{subject}: one message per run")
        data = messages[0]["data"]
        check(data["payload"] == payload and data["scheduleId"] == schedule["id"], f"{subject}: {messages[0]}")


def pause_and_resume(api):
    schedule = api.make("pausing", EVERY_SECOND)
    wait_for("a call", lambda: api.receiver.at("/pausing"))
    paused = api.call("PATCH", f"/schedules/{schedule['id']}/enabled", {"enabled": False})
    check(paused["nextFireAt"] is None, "a paused schedule has no next fire")
    time.sleep(0.5)
    before = len(api.receiver.at("/pausing"))
    time.sleep(2.5)
    check(len(api.receiver.at("/pausing")) == before, "nothing is called while it is paused")
    resumed = api.call("PATCH", f"/schedules/{schedule['id']}/enabled", {"enabled": True})
    check(resumed["nextFireAt"] is not None, "a resumed schedule has a next fire")  # C-3
    wait_for("a call after the pause", lambda: len(api.receiver.at("/pausing")) > before)
    api.pause(schedule)
    ledger = api.ledger(schedule)
    check(sum(row.get("reason") == "paused" for row in ledger) >= 2, f"the ledger tells of the pause: {ledger}")
    contiguous(api, schedule)


def contiguous(api, schedule, step_s=1):
    """Every nominal instant of a schedule of equal steps has its row."""
    at = [time.mktime(time.strptime(row["at"][:19], "%Y-%m-%dT%H:%M:%S")) for row in api.ledger(schedule)]
    gaps = [(one, other) for one, other in zip(at, at[1:]) if other - one != step_s]
    check(not gaps, f"{schedule['name']}: no instant without a row, none with two: {gaps}")


def by_hand(api):
    schedule = api.make("hand", YEARLY, payload={"a": 1})
    path = f"/schedules/{schedule['id']}"
    run = api.call("POST", path + "/trigger", {"payload": {"b": 2}}, want=201, Idempotency_Key="once")
    again = api.call("POST", path + "/trigger", {"payload": {"b": 2}}, want=200, Idempotency_Key="once")
    check(again["id"] == run["id"], "the same key is the same run")
    wait_for("the run by hand", lambda: api.receiver.at("/hand"))
    time.sleep(0.5)
    check([json.loads(call[3]) for call in api.receiver.at("/hand")] == [{"b": 2}], "it ran once, with its payload")
    years = {"from": "2019-06-01T00:00:00Z", "to": "2026-06-01T00:00:00Z", "perSecond": 50}
    dry = api.call("POST", path + "/backfill", years | {"dryRun": True})
    check(dry["count"] == 7 and dry["created"] == 0, f"a preview of seven New Years: {dry}")
    check(len(api.runs(schedule)) == 1, "a preview makes no run")
    check(api.call("POST", path + "/backfill", years)["created"] == 7, "seven runs")
    repeated = api.call("POST", path + "/backfill", years)
    check((repeated["created"], repeated["existing"]) == (0, 7), f"not twice: {repeated}")
    wait_for("the backfill", lambda: len(api.receiver.at("/hand")) == 8)
    check({run["cause"] for run in api.runs(schedule)} == {"manual", "backfill"}, "runs tell their cause")

    api.receiver.broken.add("/broken")
    broken = api.make("broken", YEARLY, policy={"maxAttempts": 2, "backoffBaseSec": 0.05})
    run = api.call("POST", f"/schedules/{broken['id']}/trigger", want=201)
    wait_for("the failure", lambda: api.call("GET", f"/runs/{run['id']}")["status"] == "Failed")
    failed = api.call("GET", f"/runs/{run['id']}")
    check((failed["attempt"], failed["responseStatus"]) == (2, 503), f"two attempts: {failed}")
    check([one["id"] for one in api.all("/runs?status=Failed")] == [run["id"]], "it is found by its status")
    api.receiver.broken.clear()
    api.call("POST", f"/runs/{run['id']}/retry")
    wait_for("the retry", lambda: api.call("GET", f"/runs/{run['id']}")["status"] == "Succeeded")
    later = api.call("POST", f"/schedules/{broken['id']}/trigger", {"fireTime": iso(time.time() + 3600)}, want=201)
    cancelled = api.call("POST", f"/runs/{later['id']}/cancel", {"reason": "enough"})
    check((cancelled["status"], cancelled["error"]) == ("Cancelled", "enough"), f"{cancelled}")
    api.call("POST", f"/runs/{later['id']}/cancel", want=409)


def signing(api):
    target = {"kind": "HTTP", "http": {"url": api.receiver.url + "/signed", "hmacKeyRef": "tower"}}
    schedule = api.call("POST", "/schedules", {"name": "signed", "trigger": YEARLY, "target": target}, want=201)
    api.call("POST", f"/schedules/{schedule['id']}/trigger", {"payload": {"x": 1}}, want=201)
    wait_for("the signed call", lambda: api.receiver.at("/signed"))
    _, _, headers, body = api.receiver.at("/signed")[0]
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    want = base64.b64encode(hmac.new(base64.b64decode(KEY), text, hashlib.sha256).digest()).decode()
    check(headers.get("webhook-signature") == "v1," + want, f"signed with the named key: {headers}")


def downtime(api):
    policy = {"misfireGraceSec": 0.5, "overlap": "allow"}
    last = api.make("last", EVERY_SECOND, policy=policy | {"misfire": "last"})
    every = api.make("every", EVERY_SECOND, policy=policy | {"misfire": "all", "catchUpPerSecond": 100})
    wait_for("calls of both", lambda: api.receiver.at("/last") and api.receiver.at("/every"))
    told = api.call("GET", f"/schedules/{last['id']}/catch-up?at={iso(time.time() + 30)}")
    check(told["runs"] >= 1 and told["data"][0]["at"], f"a catch-up is told before it happens: {told}")
    check(api.server.stop() == 0, "the server stops cleanly")
    time.sleep(5)
    api.server.start()
    time.sleep(2.5)
    for schedule in (last, every):
        api.pause(schedule)
        contiguous(api, schedule)
    outcomes = [row["outcome"] for row in api.ledger(last)]
    # None where the newest of them was not late enough to be missed: that one runs for all.
    check(outcomes.count("caught-up") <= 1, f"last: one run for all that were missed: {outcomes}")
    skipped = [row for row in api.ledger(last) if row.get("reason") == "misfire"]
    check(len(skipped) >= 3, f"last: the rest is told: {skipped}")
    outcomes = [row["outcome"] for row in api.ledger(every)]
    check(outcomes.count("caught-up") >= 4 and "skipped" not in outcomes, f"all: every one ran: {outcomes}")


def killed(api, nats):
    made = [api.make(f"k{n}", EVERY_SECOND, policy={"overlap": "allow", "misfire": "all"}) for n in range(10)]
    if nats:
        made.append(api.call("POST", "/schedules", {
            "name": "kevent", "trigger": EVERY_SECOND, "policy": {"overlap": "allow", "misfire": "all"},
            "target": {"kind": "EVENT", "eventTopic": "bells.killed"}}, want=201))
    for _ in range(3):
        time.sleep(1.7)
        api.server.kill()
        time.sleep(0.7)
        api.server.start()
    time.sleep(2.5)
    for schedule in made:
        api.pause(schedule)
    for schedule in made:
        contiguous(api, schedule)
        wait_for(f"all runs of {schedule['name']}",
                 lambda: all(run["status"] == "Succeeded" for run in api.runs(schedule)))
        runs = {run["id"] for run in api.runs(schedule)}
        rows = {row["runId"] for row in api.ledger(schedule)}
        check(runs == rows and len(runs) == len(api.ledger(schedule)), f"{schedule['name']}: a run for every instant")
        if schedule["name"] == "kevent":
            check({message["id"] for message in nats.messages("bells.killed")} == runs, "every run's event is there")
        else:
            check({f"run_{run}" for run in runs} <= api.receiver.ids(), f"{schedule['name']}: every run was delivered")
    print(f"kill -9, three times: {sum(len(api.ledger(one)) for one in made)} instants, none lost, none doubled")


def tenants(api):
    mine = api.make("mine", YEARLY, tenant="acme")
    theirs = api.make("mine", YEARLY, tenant="globex")
    check(mine["id"] != theirs["id"], "names are unique within a tenant only")
    check([one["id"] for one in api.all("/schedules", "acme")] == [mine["id"]], "lists show one's own")
    path = f"/schedules/{mine['id']}"
    for method, route, body in (("GET", "", None), ("PATCH", "", {"name": "x"}), ("DELETE", "", None),
                                ("POST", "/trigger", None), ("GET", "/ledger", None), ("GET", "/next", None)):
        api.call(method, path + route, body, want=404, tenant="globex")
    api.call("GET", path + "?tenantId=acme", want=400, tenant="globex")
    run = api.call("POST", path + "/trigger", want=201, tenant="acme")
    api.call("GET", f"/runs/{run['id']}", want=404, tenant="globex")
    api.call("POST", "/calendars", {"key": "FARM", "holidays": ["2026-12-24"]}, want=201, tenant="acme")
    api.call("GET", "/calendars/FARM", want=404, tenant="globex")
    api.call("DELETE", path, want=204, tenant="acme")
    api.call("GET", path, want=404, tenant="acme")  # C-2


def bad_inputs(api, nats):
    http_target = {"kind": "HTTP", "http": {"url": "https://example.com/"}}
    good = {"name": "bad", "trigger": YEARLY, "target": http_target}
    kept = api.make("kept", YEARLY)
    one = f"/schedules/{kept['id']}"
    past = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}

    def trigger(**members):
        return good | {"trigger": members}

    def target(**members):
        return good | {"target": members}

    def http_part(**members):
        return target(kind="HTTP", http={"url": "https://example.com/"} | members)

    cases = [
        ("POST", "/schedules", {}, "name"),
        ("POST", "/schedules", good | {"name": ""}, "name"),
        ("POST", "/schedules", good | {"name": 7}, "name"),
        ("POST", "/schedules", good | {"name": "n" * 300}, "name"),
        ("POST", "/schedules", good | {"tz": ""}, "tz"),
        ("POST", "/schedules", good | {"tz": "../../etc/passwd"}, "tz"),
        ("POST", "/schedules", good | {"tenantId": "a#b"}, "tenantId"),
        ("POST", "/schedules?tenantId=a", good | {"tenantId": "b"}, "tenantId"),
        ("POST", "/schedules", good | {"colour": "red"}, "colour"),
        ("POST", "/schedules", {"name": "x", "target": http_target}, "trigger"),
        ("POST", "/schedules", {"name": "x", "trigger": YEARLY}, "target"),
        ("POST", "/schedules", trigger(type="SOMETIMES"), "trigger.type"),
        ("POST", "/schedules", trigger(type="CRON"), "trigger.cron"),
        ("POST", "/schedules", trigger(type="CRON", cron="* * *"), "trigger.cron"),
        ("POST", "/schedules", trigger(type="CRON", cron="0 0 30 2 *"), "trigger.cron"),
        ("POST", "/schedules", trigger(type="CRON", cron="* * * * *", rrule="FREQ=DAILY"), "trigger.rrule"),
        ("POST", "/schedules", trigger(type="RRULE", rrule="FREQ=NEVER"), "trigger.rrule"),
        ("POST", "/schedules", trigger(type="INTERVAL", every="-1s"), "trigger.every"),
        ("POST", "/schedules", trigger(type="FIXED_DELAY", delaySec=-1), "trigger.delaySec"),
        ("POST", "/schedules", trigger(type="ONE_SHOT", startAt="2020-01-01T00:00:00Z"), "trigger.startAt"),
        ("POST", "/schedules", target(kind="FAX"), "target.kind"),
        ("POST", "/schedules", target(kind="EVENT"), "target.eventTopic"),
        ("POST", "/schedules", target(kind="EVENT", eventTopic="redis://10.0.0.1#t"),
         "target.eventTopic" if nats else "target.kind"),
        ("POST", "/schedules", target(kind="QUEUE"), "target.queue.topic"),
        ("POST", "/schedules", target(kind="HTTP"), "target.http.url"),
        ("POST", "/schedules", http_part(url="gopher://x"), "target.http.url"),
        ("POST", "/schedules", http_part(method="BREW"), "target.http.method"),
        ("POST", "/schedules", http_part(hmacKeyRef="nobody"), "target.http.hmacKeyRef"),
        ("POST", "/schedules", http_part(headers={"Host": "x"}), "target.http.headers.Host"),
        ("POST", "/schedules", http_part(headers={"X": 1}), "target.http.headers.X"),
        ("POST", "/schedules", good | {"calendar": {"holidays": ["NOWHERE"]}}, "calendar.holidays[0]"),
        ("POST", "/schedules", good | {"calendar": {"roll": "sideways"}}, "calendar.roll"),
        ("POST", "/schedules", good | {"bounds": {"endAt": "2020-01-01T00:00:00Z"}}, "bounds.endAt"),
        ("POST", "/schedules", good | {"bounds": {"maxCount": 0}}, "bounds.maxCount"),
        ("POST", "/schedules", good | {"daylightSaving": {"skipped": "maybe"}}, "daylightSaving.skipped"),
        ("POST", "/schedules", good | {"jitter": "a lot"}, "jitter"),
        ("POST", "/schedules", good | {"policy": {"misfire": "panic"}}, "policy.misfire"),
        ("POST", "/schedules", good | {"policy": {"maxAttempts": 0}}, "policy.maxAttempts"),
        ("POST", "/schedules", good | {"policy": {"priority": 99}}, "policy.priority"),
        ("POST", "/schedules", good | {"policy": {"backoffBaseSec": 10, "backoffMaxSec": 1}}, "policy.backoffMaxSec"),
        ("POST", "/schedules", good | {"payload": "x" * 300_000}, "payload"),
        ("POST", "/schedules", good | {"name": "kept"}, "name"),
        ("POST", "/schedules", [good], "body"),
        ("GET", "/schedules?page=0", None, "page"),
        ("GET", "/schedules?pageSize=101", None, "pageSize"),
        ("GET", "/schedules?limit=5&page=1", None, "page"),
        ("GET", "/schedules?cursor=nonsense", None, "cursor"),
        ("GET", "/schedules?sort=name", None, "sort"),
        ("PATCH", one, {"tenantId": "HACK"}, "tenantId"),
        ("PATCH", one, {"id": "other"}, "id"),
        ("PATCH", one, {"version": 99}, "version"),
        ("PATCH", one, {"trigger": {"type": "CRON", "cron": "no"}}, "trigger.cron"),
        ("PATCH", one + "/enabled", {}, "enabled"),
        ("PATCH", one + "/enabled", {"enabled": "yes"}, "enabled"),
        ("POST", one + "/trigger", {"fireTime": "soon"}, "fireTime"),
        ("POST", one + "/trigger", {"when": "now"}, "when"),
        ("POST", one + "/backfill", {}, "from"),
        ("POST", one + "/backfill", {"from": past["to"], "to": past["from"]}, "to"),
        ("POST", one + "/backfill", past | {"to": "2999-01-01T00:00:00Z"}, "to"),
        ("POST", one + "/backfill", past | {"step": "P1Y"}, "step"),
        ("POST", one + "/backfill", past | {"step": "1ms"}, "step"),
        ("POST", one + "/backfill", past | {"maxRuns": 1001}, "maxRuns"),
        ("POST", one + "/backfill", past | {"perSecond": 0}, "perSecond"),
        ("GET", one + "/next?count=1001", None, "count"),
        ("GET", one + "/catch-up?at=2020-01-01T00:00:00Z", None, "at"),
        ("GET", one + "/ledger?from=now", None, "from"),
        ("POST", "/schedules/preview", {}, "trigger"),
        ("POST", "/schedules/preview", {"trigger": YEARLY, "count": 0}, "count"),
        ("GET", "/runs?status=Asleep", None, "status"),
        ("GET", "/runs?limit=0", None, "limit"),
        ("GET", "/runs?scheduleId=a%23b", None, "scheduleId"),
        ("POST", "/runs/nobody/cancel", {"reason": 7}, "reason"),
        ("POST", "/calendars", {"key": "X"}, "holidays"),
        ("POST", "/calendars", {"key": "DE-BY", "holidays": []}, "key"),
        ("POST", "/calendars", {"key": "X", "holidays": ["2026-13-01"]}, "holidays[0]"),
        ("POST", "/calendars", {"key": "X", "ics": "BEGIN:NOTHING"}, "ics"),
        ("DELETE", "/calendars/DE-BY", None, "key"),
    ]
    for method, path, body, field in cases:
        status, answer = api.server.call(method, path, body)
        check(400 <= status < 500 and answer.get("field") == field,
              f"{method} {path} {json.dumps(body)[:120]}: {status}, names {answer.get('field')!r}, expected {field!r}: "
              f"{answer.get('detail')}")
    check(len(api.all("/schedules?name=bad")) == 0, "nothing bad was kept")
    api.call("PATCH", one, {"description": "y"}, want=412, If_Match='"7"')
    api.call("GET", "/schedules", want=400, X_Tenant_Id="a b")
    print(f"bad input: {len(cases)} cases")


def main():
    directory = tempfile.mkdtemp(prefix="carillon-schedules-")
    nats = None
    if shutil.which("nats-server"):
        nats = Nats(os.path.join(directory, "nats"))
    else:
        print("nats-server is not installed: EVENT and QUEUE targets are not checked")
    receiver = Receiver()
    arguments = ["--signing-keys", f"tower=whsec_{KEY}", "--default-tz", "Europe/Berlin"]
    if nats:
        arguments += ["--nats-url", f"nats://127.0.0.1:{nats.port}"]
    server = Server(sys.argv[1], os.path.join(directory, "store"), *arguments)
    try:
        server.start()
        api = Api(server, receiver)
        parts = [triggers, pause_and_resume, by_hand, signing, tenants, downtime]
        for part in parts:
            began = time.monotonic()
            part(api)
            print(f"{part.__name__}: {time.monotonic() - began:.1f} s")
        if nats:
            brokers(api, nats)
        killed(api, nats)
        bad_inputs(api, nats)
        check(server.stop() == 0, "the server stops cleanly at the end")
        with open(server.log_path, errors="replace") as log:
            errors = [line for line in log if " error " in line]
        check(not errors, f"the log has no errors: {errors[:3]}")
    finally:
        if server.process and server.alive():
            server.kill()
        if nats:
            nats.close()
        shutil.rmtree(directory, ignore_errors=True)
    finish(failures)


if __name__ == "__main__":
    main()
