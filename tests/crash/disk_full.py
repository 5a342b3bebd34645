#!/usr/bin/env python3
"""Fills the disk under a running server, gives space back, then makes the directory read-only.

What must hold: registrations that cannot be stored are refused with 503 and a text that says why;
the server stays up and reads go on; everything that was acknowledged is there afterwards, also after
a kill; writes work again when there is space again; a read-only directory is refused at start with a
clear error.

Needs the right to mount a small tmpfs (root, or user namespaces): says so and skips (exit 77) otherwise.

    tests/crash/disk_full.py build/release/carillon
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Server, finish, iso  # noqa: E402

SKIPPED = 77
DISK_MB = 240


def mount(path, options):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], capture_output=True).returncode == 0


def remount(path, options):
    subprocess.run(["mount", "-o", f"remount,{options}", path], check=True)


def reenter_in_namespace():
    """Without the right to mount, once more in a user and mount namespace of our own."""
    if os.environ.get("CARILLON_IN_NAMESPACE"):
        return
    if shutil.which("unshare"):
        os.environ["CARILLON_IN_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv])


def webhook(n):
    return {"namespace": "disk", "id": f"d{n:07d}", "url": "https://example.com/hook", "method": "POST",
            "schedule": iso(time.time() + 86400), "body": {"pad": "x" * 8000}}


def fill(server, acknowledged, first):
    """Registers until the disk is full; answers the refusal."""
    for n in range(first, first + 40000, 20):
        status, answer = server.call("POST", "/webhooks", {"webhooks": [webhook(i) for i in range(n, n + 20)]})
        if status == 503:
            return answer
        refused = None
        for i, entry in enumerate(answer["results"]):
            if entry["status"] in (200, 201):
                acknowledged.add(f"d{n + i:07d}")
            elif entry["status"] == 503:
                refused = entry
        if refused:
            return refused
    return None


def main():
    program = os.path.abspath(sys.argv[1])
    scratch = tempfile.mkdtemp(prefix="carillon-disk-")
    disk = os.path.join(scratch, "disk")
    os.mkdir(disk)
    if not mount(disk, f"size={DISK_MB}m"):
        os.rmdir(disk)
        os.rmdir(scratch)
        reenter_in_namespace()
        print("skipped: this user may not mount a tmpfs")
        sys.exit(SKIPPED)

    failures = []
    store = os.path.join(disk, "store")
    ballast = os.path.join(disk, "ballast")
    with open(ballast, "wb") as file:
        file.write(b"\0" * (DISK_MB // 3) * 1024 * 1024)

    server = Server(program, store)
    server.log_path = os.path.join(scratch, "server.log")
    server.start()
    acknowledged = set()
    try:
        refusal = fill(server, acknowledged, 0)
        print(f"acknowledged before the disk was full: {len(acknowledged)}; the refusal: {refusal}")
        if refusal is None:
            failures.append("the disk never filled")
        elif "disk" not in str(refusal).lower() and "space" not in str(refusal).lower():
            failures.append(f"the refusal does not say that the disk is full: {refusal}")
        if server.call("GET", "/live")[0] != 200:
            failures.append("/live does not answer 200 while the disk is full")
        stored = {item["id"] for item in server.fetch_all("disk")}
        if acknowledged - stored:
            failures.append(f"{len(acknowledged - stored)} acknowledged webhooks cannot be read while the disk is full")

        os.remove(ballast)
        deadline = time.time() + 30
        status = None
        while time.time() < deadline:
            status, answer = server.call("POST", "/webhooks", webhook(9_000_000))
            if status == 201:
                acknowledged.add("d9000000")
                break
            time.sleep(0.5)
        if status != 201:
            failures.append(f"writes did not come back with the space: {status} {answer}")

        server.kill()
        server.start()
        stored = {item["id"] for item in server.fetch_all("disk")}
        if acknowledged - stored:
            failures.append(f"{len(acknowledged - stored)} acknowledged webhooks are gone after a kill")
        print(f"lost {len(acknowledged - stored)} of {len(acknowledged)} acknowledged")
        server.stop()

        remount(disk, "ro")
        result = subprocess.run(server.command(), capture_output=True, text=True, timeout=30)
        print(f"read-only directory: exit code {result.returncode}: {result.stderr.strip()[-300:]}")
        if result.returncode == 0 or "read-only" not in result.stderr.lower():
            failures.append("a read-only directory is not refused with a clear error")
        remount(disk, "rw")
    finally:
        if server.alive():
            server.kill()
        subprocess.run(["umount", disk])
    shutil.rmtree(scratch)
    finish(failures)


if __name__ == "__main__":
    main()
