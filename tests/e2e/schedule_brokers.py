#!/usr/bin/env python3
"""Schedules with EVENT and QUEUE targets reach a real Redis and a real RabbitMQ, in CloudEvents and in the
seed's envelope; a broker that is killed and comes back loses none; targets that the server does not have are
refused before they can fail.

    tests/e2e/schedule_brokers.py build/release/carillon
"""

import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from brokers import Rabbit, Redis  # noqa: E402
from carillon import Server, finish  # noqa: E402
from schedule_rig import Api, Receiver, check, failures, wait_for  # noqa: E402

YEARLY = {"type": "CRON", "cron": "0 0 1 1 *"}


def event(topic):
    return {"kind": "EVENT", "eventTopic": topic}


def queue(topic):
    return {"kind": "QUEUE", "queue": {"topic": topic}}


def make(api, name, target, trigger=None, **more):
    body = {"name": name, "trigger": trigger or YEARLY, "target": target, **more}
    return api.call("POST", "/schedules", body, want=201, tenant="acme")


def run_once(api, schedule):
    given = {"correlationId": "order-7", "causationId": "order-6"}
    run = api.call("POST", f"/schedules/{schedule['id']}/trigger", given, want=201, tenant="acme")
    wait_for(f"the run of {schedule['name']}", lambda: state(api, run)["status"] == "Succeeded")
    return state(api, run)


def state(api, run):
    return api.call("GET", f"/runs/{run['id']}", tenant="acme")


def check_cloudevent(document, schedule, run, topic, payload):
    want = {"specversion": "1.0", "id": run["id"], "type": topic, "subject": schedule["id"], "time": run["fireAt"],
            "tenantid": "acme", "correlationid": "order-7", "causationid": "order-6",
            "data": {"scheduleId": schedule["id"], "runId": run["id"], "firedAt": run["fireAt"], "payload": payload}}
    for name, value in want.items():
        check(document.get(name) == value, f"{schedule['name']}: {name} is {document.get(name)!r}, expected {value!r}")
    check(document.get("source"), f"{schedule['name']}: a CloudEvent has a source: {document}")


def check_seed_envelope(document, schedule, run, topic, payload):
    want = {"eventId": run["id"], "eventType": topic, "eventVersion": 1, "occurredAt": run["fireAt"],
            "tenantId": "acme", "correlationId": "order-7", "causationId": "order-6",
            "payload": {"scheduleId": schedule["id"], "runId": run["id"], "firedAt": run["fireAt"], "payload": payload}}
    check(document == want, f"{schedule['name']}: {document}, expected {want}")


def to_redis(api, redis):
    url = f"redis://127.0.0.1:{redis.port}"
    for name, target, topic in (("r-event", event("pay.due"), "pay.due"),
                                ("r-queue", queue("pay.queue"), "pay.queue"),
                                ("r-by-url", event(f"{url}#pay.named"), "pay.named")):
        schedule = make(api, name, target, payload={"company": 7})
        run = run_once(api, schedule)
        entries = redis.entries(topic)
        check(len(entries) == 1 and entries[0]["id"] == run["id"] and entries[0]["type"] == topic, f"{name}: {entries}")
        check_cloudevent(json.loads(entries[0]["event"]), schedule, run, topic, {"company": 7})
    schedule = make(api, "r-seed", event(f"{url}?envelope=schedule#pay.seed"), payload=[1])
    run = run_once(api, schedule)
    check_seed_envelope(json.loads(redis.entries("pay.seed")[0]["event"]), schedule, run, "pay.seed", [1])


def to_rabbit(api, rabbit):
    url = f"amqp://127.0.0.1:{rabbit.port}"
    for name in ("pay.q", "pay.e", "pay.s"):
        rabbit.declare(name)
    for name, target, topic in (("a-queue", queue(f"{url}#pay.q"), "pay.q"), ("a-event", event(f"{url}#pay.e"), "pay.e")):
        schedule = make(api, name, target, payload={"company": 7})
        run = run_once(api, schedule)
        taken = rabbit.take_all(topic)
        check([one[0] for one in taken] == [run["id"]], f"{name}: one message, the run's: {taken}")
        check("json" in (taken[0][1] or ""), f"{name}: its content type: {taken[0][1]}")
        check_cloudevent(json.loads(taken[0][2]), schedule, run, topic, {"company": 7})
    schedule = make(api, "a-seed", queue(f"{url}?envelope=schedule#pay.s"), payload=[1])
    run = run_once(api, schedule)
    check_seed_envelope(json.loads(rabbit.take_all("pay.s")[0][2]), schedule, run, "pay.s", [1])
    # No such queue: the broker's own words, and an end.
    nowhere = make(api, "a-nowhere", queue(f"{url}#nowhere"), policy={"maxAttempts": 1})
    run = api.call("POST", f"/schedules/{nowhere['id']}/trigger", want=201, tenant="acme")
    wait_for("the failure", lambda: state(api, run)["status"] == "Failed")
    check(state(api, run).get("error"), f"it says why: {state(api, run)}")


def unknown_targets(api, redis):
    for target, field in ((event("redis://10.0.0.1#t"), "target.eventTopic"),
                          (queue("kafka://elsewhere#t"), "target.queue.topic"),
                          (event(f"redis://127.0.0.1:{redis.port}"), "target.eventTopic")):
        body = {"name": "bad", "trigger": YEARLY, "target": target}
        problem = api.call("POST", "/schedules", body, want=400, tenant="acme")
        check(problem.get("field") == field, f"{target}: names {problem.get('field')}")
        verdict = api.call("POST", "/schedules/validate", body, tenant="acme")
        check(not verdict["valid"] and verdict["problems"][0]["field"] == field, f"validate: {verdict}")
    detail = api.call("POST", "/schedules", {"name": "bad", "trigger": YEARLY, "target": event("redis://10.0.0.1#t")},
                      want=400, tenant="acme")["detail"]
    check(f"redis://127.0.0.1:{redis.port}" in detail and "--publishers" in detail, f"it says what there is: {detail}")
    kept = make(api, "kept", event("pay.due"))
    edit = {"target": event("redis://10.0.0.1#t")}
    problem = api.call("PATCH", f"/schedules/{kept['id']}", edit, want=400, tenant="acme")
    check(problem.get("field") == "target.eventTopic", f"an edit is refused too: {problem}")


def broker_goes_away(api, redis):
    policy = {"overlap": "allow", "misfire": "all", "maxAttempts": 20, "backoffBaseSec": 0.2, "backoffMaxSec": 1}
    schedule = make(api, "away", event("bells"), {"type": "INTERVAL", "every": "1s"}, policy=policy)
    wait_for("an event before", lambda: redis.entries("bells"))
    redis.kill()
    time.sleep(4)
    redis.start()
    time.sleep(2)
    api.call("PATCH", f"/schedules/{schedule['id']}/enabled", {"enabled": False}, tenant="acme")

    def runs():
        return api.all(f"/runs?scheduleId={schedule['id']}", tenant="acme")

    wait_for("all runs", lambda: all(run["status"] == "Succeeded" for run in runs()))
    stored = [entry["id"] for entry in redis.entries("bells")]
    ids = {run["id"] for run in runs()}
    check(ids <= set(stored), f"none is lost: {len(ids)} runs, {len(set(stored))} events")
    full = [state(api, run) for run in runs()]
    waited = [run for run in full if run["attempt"] > 1]
    check(waited, f"some had to be attempted again: {[run['attempt'] for run in full]}")
    for run in waited:
        outcomes = [one["outcome"] for one in run["attempts"]]
        check(outcomes[-1] == "succeeded" and set(outcomes[:-1]) == {"failed"}, f"the attempts are told: {outcomes}")
        check(all(one["by"] and one["startedAt"] for one in run["attempts"]), f"who and when: {run['attempts']}")
        check(all(one["error"] for one in run["attempts"][:-1]), f"and why: {run['attempts']}")
    print(f"redis killed for 4 s: {len(ids)} runs, none lost, {len(stored) - len(ids)} twice, "
          f"{len(waited)} attempted again")


def main():
    if not shutil.which("redis-server") or not shutil.which("rabbitmq-server"):
        print("redis-server or rabbitmq-server is not installed")
        sys.exit(77)
    directory = tempfile.mkdtemp(prefix="carillon-brokers-")
    redis = rabbit = server = None
    try:
        redis = Redis(os.path.join(directory, "redis"))
        rabbit = Rabbit(os.path.join(directory, "rabbit"))
        urls = [f"redis://127.0.0.1:{redis.port}", f"redis://127.0.0.1:{redis.port}?envelope=schedule",
                f"amqp://127.0.0.1:{rabbit.port}", f"amqp://127.0.0.1:{rabbit.port}?envelope=schedule"]
        server = Server(sys.argv[1], os.path.join(directory, "store"), "--publishers", " ".join(urls)).start()
        api = Api(server, Receiver())
        to_redis(api, redis)
        to_rabbit(api, rabbit)
        unknown_targets(api, redis)
        broker_goes_away(api, redis)
        check(server.stop() == 0, "the server stops cleanly at the end")
    finally:
        if server and server.alive():
            server.kill()
        if rabbit:
            rabbit.close()
        if redis:
            redis.kill()
        shutil.rmtree(directory, ignore_errors=True)
    finish(failures)


if __name__ == "__main__":
    main()
