"""Real brokers as children of a script, on free ports of loopback, with just enough of their protocols to
look into them: redis-server and rabbitmq-server.

Standard library only, so that the tests need nothing that a fresh machine lacks.
"""

import os
import signal
import socket
import struct
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """A process group of its own, killed without warning and started again on the same data."""

    def __init__(self, command, port, directory, environment=None):
        self.command, self.port, self.directory = command, port, directory
        self.environment = {**os.environ, **(environment or {})}
        os.makedirs(directory, exist_ok=True)
        self.process = None
        self.start()

    def start(self, timeout_s=60):
        with open(os.path.join(self.directory, "log"), "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, env=self.environment,
                                            start_new_session=True, cwd=self.directory)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.kill()
        raise RuntimeError(f"{self.command[0]} did not start; see {self.directory}/log")

    def kill(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait()


class Redis(Broker):
    def __init__(self, directory):
        port = free_port()
        super().__init__(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly",
                          "yes", "--appendfsync", "always", "--dir", directory], port, directory)

    def ask(self, *words):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            parts = [f"*{len(words)}\r\n".encode()]
            for word in words:
                parts.append(f"${len(word.encode())}\r\n{word}\r\n".encode())
            connection.sendall(b"".join(parts))
            return self.read(connection.makefile("rb"))

    def read(self, reader):
        line = reader.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:].decode()
        if kind == b"*":
            return [self.read(reader) for _ in range(int(rest))]
        if kind == b"$":
            text = reader.read(int(rest) + 2)[:-2] if int(rest) >= 0 else b""
            return text.decode()
        if kind == b"-":
            raise OSError(rest)
        return rest

    def entries(self, stream):
        """The fields of every entry, oldest first."""
        return [dict(zip(fields[::2], fields[1::2])) for _, fields in self.ask("XRANGE", stream, "-", "+")]


class Rabbit(Broker):
    """With a port mapper of its own, so that none is left behind."""

    def __init__(self, directory):
        port, mapper, distribution = free_port(), free_port(), free_port()
        self.mapper = Broker(["epmd", "-port", str(mapper), "-address", "127.0.0.1"], mapper,
                             os.path.join(directory, "epmd"))
        super().__init__(["/usr/lib/rabbitmq/bin/rabbitmq-server"], port, directory, {
            "HOME": directory,
            "RABBITMQ_MNESIA_BASE": directory + "/mnesia",
            "RABBITMQ_LOG_BASE": directory + "/logs",
            "RABBITMQ_PID_FILE": directory + "/pid",
            "RABBITMQ_CONFIG_FILE": directory + "/none",
            "RABBITMQ_CONF_ENV_FILE": directory + "/none-env",
            "RABBITMQ_ENABLED_PLUGINS_FILE": directory + "/plugins",
            "RABBITMQ_NODENAME": f"carillon{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1"})

    def close(self):
        self.kill()
        self.mapper.kill()

    def declare(self, queue):
        with Channel(self.port) as channel:
            channel.method(50, 10, struct.pack(">H", 0) + short(queue) + b"\x02" + struct.pack(">I", 0))

    def take_all(self, queue):
        """(message id, content type, body) of everything in the queue, which is empty then."""
        taken = []
        with Channel(self.port) as channel:
            while True:
                answer = channel.method(60, 70, struct.pack(">H", 0) + short(queue) + b"\x01")
                if struct.unpack(">HH", answer[:4]) != (60, 71):
                    return taken
                header = channel.frame()
                size, = struct.unpack(">Q", header[4:12])
                body = b""
                while len(body) < size:
                    body += channel.frame()
                taken.append((*properties(header[12:]), body))


def short(text):
    return bytes([len(text)]) + text.encode()


def properties(data):
    """message-id and content-type, the only two that the tests look at."""
    flags, = struct.unpack(">H", data[:2])
    at, found = 2, {}
    for bit, name, kind in ((15, "content-type", "s"), (14, "encoding", "s"), (13, "headers", "t"), (12, "mode", "b"),
                            (11, "priority", "b"), (10, "correlation", "s"), (9, "reply", "s"), (8, "expiration", "s"),
                            (7, "message-id", "s")):
        if not flags >> bit & 1:
            continue
        if kind == "s":
            found[name] = data[at + 1:at + 1 + data[at]].decode()
            at += 1 + data[at]
        elif kind == "b":
            at += 1
        else:
            at += 4 + struct.unpack(">I", data[at:at + 4])[0]
    return found.get("message-id"), found.get("content-type")


class Channel:
    """One connection with one channel of AMQP 0-9-1."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.reader = self.socket.makefile("rb")
        self.socket.sendall(b"AMQP\x00\x00\x09\x01")
        self.frame()
        answer = b"\0guest\0guest"
        self.say(0, 10, 11, struct.pack(">I", 0) + short("PLAIN") + struct.pack(">I", len(answer)) + answer
                 + short("en_US"))
        self.frame()
        self.say(0, 10, 31, struct.pack(">HIH", 1, 131072, 0))
        self.say(0, 10, 40, short("/") + short("") + b"\0")
        self.frame()
        self.method(20, 10, short(""))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, channel, group, number, fields):
        payload = struct.pack(">HH", group, number) + fields
        self.socket.sendall(struct.pack(">BHI", 1, channel, len(payload)) + payload + b"\xce")

    def frame(self):
        kind, _, size = struct.unpack(">BHI", self.reader.read(7))
        payload = self.reader.read(size + 1)[:-1]
        return payload if kind != 8 else self.frame()

    def method(self, group, number, fields):
        self.say(1, group, number, fields)
        return self.frame()
