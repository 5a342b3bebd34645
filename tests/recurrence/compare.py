#!/usr/bin/env python3
"""Zones against Python's zoneinfo, RRULEs against dateutil and libical.

    compare.py PROGRAM zones [--all]
    compare.py PROGRAM rrule [--count N] [--seed N] [--libical ANSWER_LIBICAL]

Zones: the seconds around every change of the offset from 1970 to 2037, both ways. RRULEs: the random
rules of rules.mjs (which needs node). Exit code 1 if a difference is not of a kind that
docs/recurrence.md explains, 77 if dateutil, node or tzdata is missing.
"""

import datetime
import json
import pathlib
import re
import subprocess
import sys
import zoneinfo
from collections import Counter

HERE = pathlib.Path(__file__).resolve().parent
FIRES = 12
ZONES = """Europe/Berlin Europe/London Europe/Lisbon Europe/Moscow Europe/Istanbul Europe/Dublin
America/New_York America/Chicago America/Denver America/Los_Angeles America/Anchorage America/St_Johns
America/Sao_Paulo America/Santiago America/Caracas America/Havana America/Mexico_City America/Asuncion
Asia/Tokyo Asia/Kolkata Asia/Kathmandu Asia/Tehran Asia/Jerusalem Asia/Amman Asia/Gaza Asia/Pyongyang
Asia/Hong_Kong Australia/Sydney Australia/Lord_Howe Pacific/Auckland Pacific/Chatham Pacific/Apia
Pacific/Kiritimati Africa/Cairo Africa/Casablanca Africa/Windhoek Antarctica/Troll Antarctica/Macquarie
UTC Etc/GMT+5""".split()


def ask(program, questions):
    text = "".join(json.dumps(each) + "\n" for each in questions)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions), f"{len(answers)} answers to {len(questions)} questions"
    return answers


def offset(zone, second):
    at = datetime.datetime.fromtimestamp(second, zone)
    return int(at.utcoffset().total_seconds())


def changes(zone, begin, end):
    """The first seconds of new offsets, found by halving steps of six hours."""
    step = 6 * 3600
    before = offset(zone, begin)
    for at in range(begin + step, end, step):
        after = offset(zone, at)
        if after != before:
            low, high = at - step, at
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
            yield high
            before = after


def reading_of(zone, local):
    """What zoneinfo makes of a wall-clock reading, in the form of our answer."""
    naive = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=local)
    instants = [local - int(naive.replace(tzinfo=zone, fold=fold).utcoffset().total_seconds())
                for fold in (0, 1)]
    if instants[0] == instants[1]:
        return ["unique", *instants]
    exists = instants[0] + offset(zone, instants[0]) == local
    return ["repeated" if exists else "skipped", *instants]


def compare_zones(program, names):
    begin, end = 0, int(datetime.datetime(2038, 1, 1).timestamp())
    compared = wrong = transitions = 0
    for name in names:
        zone = zoneinfo.ZoneInfo(name)
        instants, locals_ = [], []
        for at in changes(zone, begin, end):
            transitions += 1
            for delta in (-7200, -1, 0, 1, 1800, 3600, 7200):
                instants.append(at + delta)
            for base in (at + offset(zone, at - 1), at + offset(zone, at)):
                for delta in (-3601, -1800, -1, 0, 1, 1799, 1800, 3599, 3600):
                    locals_.append(base + delta)
        if not instants:
            instants, locals_ = [0, 2**30], [0, 2**30]
        offsets, readings = ask(program, [{"do": "offsets", "tz": name, "at": instants},
                                          {"do": "readings", "tz": name, "local": locals_}])
        for at, got in zip(instants, offsets["offsets"]):
            compared += 1
            if got != offset(zone, at):
                wrong += 1
                print(f"  {name} at {at}: {got}, zoneinfo {offset(zone, at)}")
        for local, got in zip(locals_, readings["readings"]):
            compared += 1
            want = reading_of(zone, local)
            if got != want:
                wrong += 1
                print(f"  {name} reading {local}: {got}, zoneinfo {want}")
    print(f"zones: {len(names)} zones, {transitions} changes from 1970 to 2037, "
          f"{compared} answers compared, {wrong} differ")
    return wrong == 0


def sparse(rule, start, ours):
    """Whether dateutil would search for long: as in rrule.mjs."""
    frequency = re.search(r"FREQ=(\w+)", rule)[1]
    count = re.search(r"COUNT=(\d+)", rule)
    if len(ours) < min(FIRES, int(count[1]) if count else FIRES):
        return "UNTIL" not in rule or frequency in ("SECONDLY", "MINUTELY", "HOURLY")
    days = {"SECONDLY": 0.05, "MINUTELY": 2, "HOURLY": 60, "DAILY": 40 * 365}.get(frequency, 150 * 365)
    return (ours[-1] - start).total_seconds() > days * 86400


def question(start, rule, count=FIRES):
    epoch = int(start.replace(tzinfo=datetime.timezone.utc).timestamp())
    return {"do": "next", "from": epoch * 1000 - 1000, "count": count,
            "spec": {"trigger": {"type": "RRULE",
                                 "rrule": f"DTSTART:{start:%Y%m%dT%H%M%S}\nRRULE:{rule}"}}}


def times(answer):
    return [datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=at)
            for at in answer.get("at", [])]


MIXED = "plain and numbered days in one BYDAY: they ask for both at once"
WEEKS = "BYWEEKNO without BYDAY: they take all days of the week"
FIRST_WEEK = "WEEKLY with BYSETPOS: their first week begins with DTSTART, ours with WKST (RFC 5545)"
UNTIL = "UNTIL as a date: they stop at its midnight"


def intersection(rule):
    entries = re.search(r"BYDAY=([^;]+)", rule)
    entries = entries[1].split(",") if entries else []
    plain = [each for each in entries if len(each) == 2]
    numbered = [each for each in entries if len(each) > 2]
    if not plain or not numbered:
        return None
    both = [each for each in numbered if each[-2:] in plain]
    return re.sub(r"BYDAY=[^;]+", "BYDAY=" + ",".join(both), rule) if both else ""


def after_first_week(start, found):
    return [each for each in found if each - start >= datetime.timedelta(days=7)]


def outvoted(start, rule, mine):
    """A difference of libical 3.0.16 alone: dateutil gives our answer. What kind of rule it is."""
    # Rules that dateutil itself reads otherwise (see why) leave no third opinion.
    votes = intersection(rule) is None and not ("BYWEEKNO" in rule and "BYDAY" not in rule)
    vote = by_dateutil(start, rule) if votes else []
    if "WEEKLY" in rule and "BYSETPOS" in rule:  # Its first week is another (FIRST_WEEK).
        vote, mine = after_first_week(start, vote), after_first_week(start, mine)
        votes = votes and all(a == b for a, b in zip(vote, mine))
    elif votes and vote != mine:
        return None
    frequency = re.search(r"FREQ=(\w+)", rule)[1]
    if "BYSETPOS" in rule:
        kind = "BYSETPOS below YEARLY and MONTHLY, or over several times of a day"
    elif frequency in ("SECONDLY", "MINUTELY", "HOURLY", "DAILY"):
        kind = "BY parts of rules of a day and less"
    elif frequency == "WEEKLY":
        kind = "WEEKLY with INTERVAL: the week of DTSTART"
    elif frequency == "YEARLY" and "BYMONTHDAY" in rule:
        kind = "YEARLY with BYMONTHDAY and without BYMONTH: only the month of DTSTART"
    elif "BYWEEKNO" in rule and "BYDAY" not in rule:
        kind = "BYWEEKNO without BYDAY: days that are in no such week"
    else:
        return None
    return f"libical {'alone (dateutil agrees with us)' if votes else 'against us'}: {kind}"


def why(program, start, rule, mine, theirs):
    variants = []
    if "WEEKLY" in rule and "BYSETPOS" in rule:
        pairs = zip(after_first_week(start, mine), after_first_week(start, theirs))
        if all(a == b for a, b in pairs):
            return FIRST_WEEK
    mixed = intersection(rule)
    if mixed == "" and not theirs:
        return MIXED
    if mixed:
        variants.append((MIXED, mixed))
    if "BYWEEKNO" in rule and "BYDAY" not in rule:
        variants.append((WEEKS, rule + ";BYDAY=MO,TU,WE,TH,FR,SA,SU"))
    midnight = re.sub(r"(UNTIL=\d{8})(?=;|$)", r"\1T000000", rule)
    if midnight != rule:
        variants.append((UNTIL, midnight))
    for reason, variant in variants:
        if times(ask(program, [question(start, variant)])[0]) == theirs:
            return reason
    return None


def report(name, compared, reasons, examples):
    differing = sum(reasons.values())
    print(f"{name}: {compared} compared, {compared - differing} agree, {differing} differ")
    for reason, count in reasons.most_common():
        print(f"  {count} {reason}")
        for example in examples.get(reason, [])[:3 if reason == "UNEXPLAINED" else 1]:
            print(f"      {example}")


def random_rules(count, seed):
    done = subprocess.run(["node", HERE / "rules.mjs", str(count), str(seed)],
                          capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        start, rule = line.split("\t")
        yield datetime.datetime.strptime(start, "%Y%m%dT%H%M%S"), rule


def by_dateutil(start, rule):
    import itertools

    from dateutil.rrule import rrulestr
    return list(itertools.islice(rrulestr(rule, dtstart=start), FIRES))


def compare_rules(program, count, seed, name, answers_of):
    rules = list(random_rules(count, seed))
    ours = [times(each) if "at" in each else None
            for each in ask(program, [question(*each) for each in rules])]
    kept = [(start, rule, mine) for (start, rule), mine in zip(rules, ours)
            if mine is not None and not sparse(rule, start, mine)]
    compared, reasons, examples = 0, Counter(), {}
    for (start, rule, mine), theirs in zip(kept, answers_of(kept), strict=True):
        if theirs is None:
            continue
        compared += 1
        if mine != theirs:
            reason = why(program, start, rule, mine, theirs)
            if reason is None and name == "libical":
                reason = outvoted(start, rule, mine)
            reason = reason or "UNEXPLAINED"
            reasons[reason] += 1
            examples.setdefault(reason, []).append(
                f"{start:%Y%m%dT%H%M%S} {rule} ours {[f'{t:%Y%m%dT%H%M%S}' for t in mine[:5]]} "
                f"theirs {[f'{t:%Y%m%dT%H%M%S}' for t in theirs[:5]]}")
    report(name, compared, reasons, examples)
    # Whoever answers next to nothing agrees with everything.
    enough = compared * 4 >= len(kept) * 3
    if not enough:
        print(f"{name}: only {compared} of {len(kept)} rules were answered: that compares nothing")
    return enough and reasons["UNEXPLAINED"] == 0


def by_libical(program):
    def answers(kept):
        text = "".join(f"{start:%Y%m%dT%H%M%S}\t{rule}\t{FIRES}\n" for start, rule, _ in kept)
        done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            yield None if line in ("error", "endless", "crashed") else [
                datetime.datetime.strptime(each, "%Y%m%dT%H%M%S") for each in line.split()]
    return answers


def main(arguments):
    program, what = arguments[:2]

    def option(name, otherwise):
        return arguments[arguments.index(name) + 1] if name in arguments else otherwise

    if what == "zones":
        names = sorted(zoneinfo.available_timezones()) if "--all" in arguments else ZONES
        # Neither is a zone of the list: one stands for none, the other is this machine's.
        others = {"Factory", "localtime"}
        return compare_zones(program, [each for each in names if each not in others])
    count, seed = int(option("--count", 1500)), int(option("--seed", 20261121))
    libical = option("--libical", None)
    if libical:
        return compare_rules(program, count, seed, "libical", by_libical(libical))
    return compare_rules(program, count, seed, "dateutil",
                         lambda kept: (by_dateutil(start, rule) for start, rule, _ in kept))


if __name__ == "__main__":
    try:
        import dateutil.rrule  # noqa: F401
        zoneinfo.ZoneInfo("Europe/Berlin")
    except (ImportError, zoneinfo.ZoneInfoNotFoundError) as missing:
        print(f"skipped: {missing} (apt-get install python3-dateutil tzdata)")
        sys.exit(77)
    sys.exit(0 if main(sys.argv[1:]) else 1)
