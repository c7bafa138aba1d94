#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the tests of httplib's test.cc that make a Server, each in its own process and network. For tools/conformance.

usage: server_tests.py STOCK BATON DIRECTORY REASONS

STOCK and BATON are the same tests on httplib's Server and on ours; only those that pass on STOCK count. DIRECTORY holds
their files. REASONS contains a table with the name of each test that may fail, in backticks.
"""
import concurrent.futures, os, re, signal, subprocess, sys, tempfile

# The loopback that is up and no way out; the tests take fixed ports.
NETWORK = ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
SECONDS = 60


def names(program):
    suite, found = "", []
    listed = subprocess.run([program, "--gtest_list_tests"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        word = line.split("#")[0].strip()
        if not line.startswith(" "):
            suite = word if word.endswith(".") else ""
        elif suite and "_Online" not in word and "DISABLED_" not in suite + word:
            found.append(suite + word)
    return found


def run(program, name, directory):
    """What it printed; None where it hung."""
    with tempfile.TemporaryDirectory() as scratch:
        for file in os.listdir(directory):
            os.symlink(os.path.join(directory, file), os.path.join(scratch, file))
        process = subprocess.Popen(NETWORK + [program, "--gtest_filter=" + name], cwd=scratch, text=True, errors="replace",
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return process.communicate(timeout=SECONDS)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None


def run_all(program, tests, directory):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return dict(zip(tests, pool.map(lambda name: run(program, name, directory), tests)))


def what_failed(output):
    if output is None:
        return f"hangs for {SECONDS} s"
    return " ".join(line.strip() for line in output.splitlines() if re.search(r"Failure|Which is|Actual|terminate", line))[:200]


def main():
    stock, baton, directory, reasons = sys.argv[1:]
    with open(reasons, encoding="utf-8") as file:
        listed = set(re.findall(r"`(\w+\.\w+)`", "".join(line for line in file if line.startswith("| `"))))
    ours = [name for name, output in run_all(stock, names(stock), directory).items() if "SERVER PASSED" in (output or "")]
    passed, failed = 0, 0
    with_reason = set()
    for name, output in run_all(baton, ours, directory).items():
        if "SERVER PASSED" in (output or ""):
            passed += 1
        elif name in listed:
            with_reason.add(name)
        else:
            failed += 1
            print(f"  failed: httplib-tests/{name}: {what_failed(output)}")
    for name in sorted(listed - with_reason):
        failed += 1
        print(f"  listed, and seen no more: {name}")
    if not ours:
        failed += 1
        print("  no test found: httplib-tests is not as it was")
    print(f"httplib-tests: passed {passed}, failed {failed}, listed {len(with_reason)}", flush=True)
    sys.exit(1 if failed else 0)


main()
