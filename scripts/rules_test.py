#!/usr/bin/env python3
"""Tests of rules.py: each rule is shown one breach and one thing that is allowed."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rules  # noqa: E402

TABLE = """# Architecture

| Module | Holds | May include |
|---|---|---|
| `core` | values | nothing |
| `runtime` | loops | `core` |
| `net` | sockets | `runtime` |
| `dynamo` | the port | `runtime` |
| `dynamo/embedded` | the engine | `dynamo` |
| `app` | everything | `net`, `dynamo/embedded` |

| Another | table |
"""

HEADER = "// What it is for.\n#pragma once\n"


class RulesTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.write("docs/architecture.md", TABLE)

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def breaches(self, path, text, readme=True):
        """The rules that `text` breaks when it stands alone at `path`."""
        self.write(path, text)
        if readme and path.startswith("src/"):
            self.write(str(pathlib.PurePosixPath(path).parent / "README.md"), "# It\n")
        found = [breach.rule for breach in rules.Rules(self.root).check()
                 if breach.rule != "dead"]
        (self.root / path).unlink()
        return found

    def test_table_is_read_to_its_end(self):
        self.assertEqual(rules.read_modules(TABLE)["app"], ["net", "dynamo/embedded"])
        self.assertNotIn("Another", rules.read_modules(TABLE))

    def test_table_must_be_in_order(self):
        with self.assertRaises(ValueError):
            rules.reachable({"core": ["net"], "net": []})

    def test_layers(self):
        cases = [
            ("src/net/a.cpp", "core/x.hpp", []),
            ("src/net/a.cpp", "net/x.hpp", []),
            ("src/net/a.cpp", "dynamo/x.hpp", ["layer"]),
            ("src/core/a.hpp", "runtime/x.hpp", ["layer"]),
            ("src/dynamo/a.cpp", "dynamo/embedded/x.hpp", ["layer"]),
            ("src/dynamo/embedded/a.cpp", "dynamo/x.hpp", []),
            ("src/app/a.cpp", "core/x.hpp", []),
            ("src/net/a.cpp", "nowhere/x.hpp", ["layer"]),
            ("src/net/a.cpp", "README.md", ["layer"]),
            ("src/nowhere/a.cpp", "core/x.hpp", ["layer"]),
            # Tests may use whatever stands above their module.
            ("src/dynamo/a_test.cpp", "net/x.hpp", []),
            ("src/net/a_test.cpp", "dynamo/x.hpp", ["layer"]),
            ("include/carillon/a.hpp", "carillon/b.hpp", []),
            ("include/carillon/a.hpp", "core/x.hpp", ["layer"]),
            ("tests/e2e/a.cpp", "app/x.hpp", []),
        ]
        for path, include, want in cases:
            with self.subTest(path=path, include=include):
                self.assertEqual(self.breaches(path, f'{HEADER}#include "{include}"\n'), want)

    def test_headers_of_libraries_stay_where_they_belong(self):
        cases = [
            ("src/net/a.cpp", "boost/beast/http.hpp", []),
            ("src/app/a.cpp", "boost/beast.hpp", ["beast"]),
            ("src/app/a.cpp", "boost/asio/ssl/context.hpp", ["tls"]),
            ("src/app/a.cpp", "openssl/ssl.h", ["tls"]),
            ("src/app/a.cpp", "openssl/evp.h", []),
            ("src/dynamo/embedded/a.cpp", "rocksdb/db.h", []),
            ("src/dynamo/a.cpp", "rocksdb/db.h", ["rocksdb"]),
            ("include/carillon/a.hpp", "rocksdb/db.h", ["rocksdb"]),
            ("src/net/a.cpp", "spdlog/spdlog.h", ["spdlog"]),
            ("bench/a.cpp", "rocksdb/db.h", []),
        ]
        for path, include, want in cases:
            with self.subTest(path=path, include=include):
                self.assertEqual(self.breaches(path, f"{HEADER}#include <{include}>\n"), want)

    def test_banned_calls(self):
        cases = [
            ("src/net/a.cpp", "auto t = std::chrono::steady_clock::now();", ["clock"]),
            ("src/net/a.cpp", "auto t = system_clock::now();", ["clock"]),
            ("src/net/a_test.cpp", "auto t = system_clock::now();", ["clock"]),
            ("src/runtime/a.cpp", "auto t = system_clock::now();", []),
            ("src/net/a.cpp", "auto t = clock.now();", []),
            ("src/net/a.cpp", "std::this_thread::sleep_for(1s);", ["sleep"]),
            ("src/net/a.cpp", "usleep(1);", ["sleep"]),
            ("src/net/a_test.cpp", "::usleep(1);", ["sleep"]),
            ("src/net/a_integration_test.cpp", "::usleep(1);", []),
            ("src/net/a.cpp", "co_await loop.sleep(1s);", []),
            ("src/net/a.cpp", "co_await loop_.sleep_for(1s);", []),
            ("src/net/a.cpp", "int r = rand();", ["chance"]),
            ("src/net/a.cpp", "int r = std::rand();", ["chance"]),
            ("src/net/a.cpp", "std::random_device device;", ["chance"]),
            ("src/net/a.cpp", "auto r = operand(1);", []),
            ("src/net/a.cpp", 'std::getenv("HOME");', ["environment"]),
            ("src/app/a.cpp", 'std::getenv("HOME");', []),
            ("src/net/a.cpp", "std::thread worker(f);", ["thread"]),
            ("src/net/a.cpp", "std::thread::id id;", []),
            ("src/net/a_test.cpp", "std::jthread worker(f);", []),
            ("src/dynamo/embedded/a.cpp", "std::jthread writer(f);", []),
            ("src/net/a.cpp", "asio::co_spawn(x, f(), asio::detached);", ["detached"]),
            ("src/net/a.cpp", "worker.detach();", ["detached"]),
            ("src/net/a.cpp", "return detached;", []),
            ("src/net/a.cpp", "using namespace std;", ["namespace"]),
            ("src/net/a.cpp", "using namespace std::chrono_literals;", []),
            ("src/net/a.cpp", "std::cerr << 1;", ["global"]),
            ("src/net/a.cpp", "// rand() and std::thread", []),
            ("src/net/a.cpp", 'auto s = "std::thread"; auto c = \'"\';', []),
            ("src/net/a.cpp", "/* a\n rand() */ int x;", []),
            ("src/net/a.cpp", 'auto s = R"(rand() " )"; rand();', ["chance"]),
        ]
        for path, code, want in cases:
            with self.subTest(path=path, code=code):
                self.assertEqual(self.breaches(path, code + "\n"), want)

    def test_stripping_keeps_line_numbers(self):
        self.write("src/net/a.cpp", '/* one\ntwo */\nauto s = R"(\n)";\nint r = rand();\n')
        self.write("src/net/README.md", "")
        self.assertEqual([str(breach) for breach in rules.Rules(self.root).check()],
                         ["src/net/a.cpp:5: chance: use carillon::Random"])

    def test_length(self):
        self.assertEqual(self.breaches("src/net/a.cpp", "\n" * rules.LINES_MAX), [])
        self.assertEqual(self.breaches("src/net/a.cpp", "\n" * (rules.LINES_MAX + 1)), ["length"])
        self.assertEqual(self.breaches("bench/a.py", "\n" * (rules.LINES_MAX + 1)), ["length"])

    def test_todo(self):
        self.assertEqual(self.breaches("src/net/a.cpp", "// TODO: later\n"), ["todo"])
        self.assertEqual(self.breaches("src/net/a.cpp", "// FIXME\n"), ["todo"])
        self.assertEqual(self.breaches("src/net/a.cpp", "// TODO(#12): later\n"), [])

    def test_readme(self):
        self.assertEqual(self.breaches("src/net/a.cpp", "", readme=False), ["readme"])
        self.assertEqual(self.breaches("src/net/a.cpp", ""), [])

    def test_header_form(self):
        self.assertEqual(self.breaches("src/net/a.hpp", "// Why.\nint x;\n"), ["header"])
        self.assertEqual(self.breaches("src/net/a.hpp", "#pragma once\n"), ["header"])
        self.assertEqual(self.breaches("src/net/a.hpp", HEADER), [])

    def test_dead_header(self):
        self.write("src/net/README.md", "")
        self.write("src/net/a.hpp", HEADER)
        self.assertEqual([breach.rule for breach in rules.Rules(self.root).check()], ["dead"])
        self.write("src/net/a.cpp", '#include "net/a.hpp"\n')
        self.assertEqual(rules.Rules(self.root).check(), [])


if __name__ == "__main__":
    unittest.main()
