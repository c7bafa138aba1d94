// SPDX-License-Identifier: MIT
// Programs in other languages, without libbaton: each new release first runs on sockets that only baton knows. So a bad
// one is rejected before it could touch a request.
#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

using namespace machine;
namespace fs = std::filesystem;

namespace {

/// A server in Python: no libbaton, no private socket. `serve` is what it does once it has its socket.
std::string python(std::string_view serve) {
    return fmt::format(R"(#!/usr/bin/python3
import json, os, signal, socket, sys, threading, time
ver = json.load(open("watch.conf"))["Ver"]
def ready():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(os.environ["NOTIFY_SOCKET"]); s.send(b"READY=1")
def answer(conn, status=b"200 OK"):
    if not conn.recv(65536): return
    body = json.dumps({{"message": "hello", "ver": ver, "pid": str(os.getpid())}}).encode()
    conn.sendall(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    conn.close()
def passed(): return socket.socket(fileno=3)
def serve(listener, status=b"200 OK", preflight_status=None):
    stop = []
    signal.signal(signal.SIGTERM, lambda *a: stop.append(1))
    signal.siginterrupt(signal.SIGTERM, True)
    import select
    while not stop:
        try:
            if not select.select([listener], [], [], 0.2)[0]: continue
            listener.setblocking(False)
            conn, _ = listener.accept()
        except (InterruptedError, BlockingIOError): continue
        conn.setblocking(True)
        answer(conn, status)
{}
)",
                       serve);
}

const std::string k_good = "s = passed(); ready(); serve(s)";

void upload_script(const Site& site, const std::string& text) {
    fs::remove(site.directory() / "test");
    write_file(site.directory() / "test", text);
}

/// A site whose live release is a good Python server.
struct PythonSite : Site {
    explicit PythonSite(const std::string& name, std::string_view more = "") : Site{name} {
        set_unit("[Service]\nTimeoutStartSec=5s\nTimeoutStopSec=2s\n");
        upload_script(*this, python(k_good));
        edit("1", more);
        const auto added = add();
        REQUIRE_MESSAGE(added.status == 0, added.text());
        unwatch();
    }
};

struct BadRelease {
    std::string what;
    std::string serve;
    std::string more;                 ///< further members of its watch.conf
    std::vector<std::string> reasons; ///< what the error says
};

std::vector<BadRelease> bad_programs() {
    const std::string health = R"(, "HealthPath": "/healthz")";
    return {
        {"never accepts",
         "s = passed(); ready(); time.sleep(1000)",
         "",
         {"accepted no connection on the socket 'http'", "in Python: socket.socket(fileno=3)"}},
        {"binds a port of its own",
         R"(s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("0.0.0.0", 3456)); s.listen(); ready(); serve(s))",
         "",
         {"accepted no connection", "and listens on 0.0.0.0:3456 instead"}},
        {"answers 500",
         R"(s = passed(); ready(); serve(s, b"500 Internal Server Error"))",
         health,
         {"'/healthz'", "status 500"}},
        {"answers 404", R"(s = passed(); ready(); serve(s, b"404 Not Found"))", health, {"'/healthz'", "status 404"}},
        {"dies of its first request",
         "s = passed(); ready(); c, _ = s.accept(); c.recv(10); c.close(); sys.exit('no such table: users')",
         health,
         {"the program exited with status 1", "no such table: users"}},
        {"dies of its first connection",
         "s = passed(); ready(); s.accept(); os._exit(9)",
         "",
         {"the program exited with status 9"}},
        {"accepts and says nothing",
         "s = passed(); ready(); keep = []\nwhile True: keep.append(s.accept())",
         health,
         {"'/healthz'", "no complete reply came in time"}},
        {"does not speak HTTP",
         "s = passed(); ready()\nwhile True:\n  c, _ = s.accept(); c.sendall(b'220 smtp\\r\\n\\r\\n'); c.close()",
         health,
         {"'/healthz'", "the reply is not HTTP"}},
        {"calls shutdown(2) on its socket",
         "s = passed(); ready(); s.shutdown(socket.SHUT_RDWR); time.sleep(1000)",
         "",
         {"called shutdown(2) on the socket 'http'"}},
        {"calls shutdown(2) on its socket, in whose queue a connection is",
         "s = passed(); ready(); time.sleep(0.5); s.shutdown(socket.SHUT_RDWR); time.sleep(1000)",
         "",
         {"called shutdown(2) on the socket 'http'"}},
        {"closes its socket", "os.close(3); ready(); time.sleep(1000)", "", {"accepted no connection"}},
        {"exits soon after it is ready",
         "s = passed(); ready(); time.sleep(0.3); sys.exit('import of worker failed')",
         "",
         {"the program exited with status 1", "import of worker failed"}},
        {"listens on the first of two sockets only",
         k_good,
         fmt::format(R"(, "Listen": {{"admin": "127.0.0.1:{}"}})", free_port()),
         {"accepted no connection on the socket 'admin'"}},
    };
}

} // namespace

TEST_SUITE_BEGIN("preflight");

TEST_CASE("a program without libbaton is deployed without a failed request, after a preflight") {
    PythonSite site{"python"};
    CHECK(site.status("/releases/0/proof") == "preflight");
    Traffic traffic{site.address()};
    const NoLooks no_looks;
    for (const std::string ver : {"2", "3"}) {
        let_upload_end(); // what arrives before is deployed by another process
        site.edit(ver, R"(, "HealthPath": "/hello")");
        const auto deployed = site.deploy();
        REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
        CHECK_MESSAGE(deployed.out.find("'/hello' answers 2xx on the preflight's socket") != std::string::npos,
                      deployed.text());
        site.wait_for_version(ver);
    }
    traffic.check_none_failed();
    const auto back = run({"baton", "rollback", site.name()});
    CHECK_MESSAGE(back.status == 0, back.text());
    site.wait_for_version("2");
}

TEST_CASE("a program without libbaton that cannot serve is rejected before it could touch a request") {
    PythonSite site{"mis-python"};
    const auto pid = get(site.address()).pid;
    for (const auto& bad : bad_programs()) {
        INFO(bad.what);
        Traffic traffic{site.address()};
        upload_script(site, python(bad.serve));
        site.edit("bad", bad.more);
        const auto refused = site.deploy();
        CHECK_MESSAGE(refused.status == 3, refused.text());
        for (const auto& reason : bad.reasons)
            CHECK_MESSAGE(refused.err.find(reason) != refused.err.npos, reason << "\n... is not in:\n" << refused.err);
        const bool has_ended = bad.reasons.front().find("exited") != std::string::npos;
        const auto step = bad.more.find("HealthPath") != bad.more.npos && !has_ended ? "health" : "preflight";
        CHECK(site.status("/releases/0/failed_step") == step);
        CHECK(get(site.address()).pid == pid);
        CHECK(site.status("/releases/0/state") == "rejected");
        CHECK(run({"systemctl", "list-units", "--failed", "--plain", "--no-legend", site.name() + "*"}).out == "");
        traffic.check_none_failed();
    }
    upload_script(site, python(k_good));
    site.edit("good");
    const auto deployed = site.deploy();
    REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
    CHECK_FALSE(fs::exists("/run/baton/mis-python/preflight"));
}

TEST_CASE("a program that never says READY=1 shows by accepting that it is up") {
    Site site{"silent-python"};
    site.set_unit("[Service]\nType=exec\nTimeoutStartSec=5s\nTimeoutStopSec=2s\n");
    upload_script(site, python("time.sleep(0.5); s = passed(); serve(s)"));
    site.edit("1", R"(, "HealthPath": "/hello")");
    const auto added = site.add();
    REQUIRE_MESSAGE(added.status == 0, added.text());
    CHECK(site.status("/releases/0/proof") == "preflight");
    CHECK(get(site.address()).ver == "1");
    upload_script(site, python("s = passed(); time.sleep(1000)"));
    site.edit("2");
    const auto refused = site.deploy();
    CHECK_MESSAGE(refused.status == 3, refused.text());
    CHECK(get(site.address()).ver == "1");
}

TEST_CASE("O_NONBLOCK of a live release's socket stays as it set it, whatever is tried beside it") {
    Site site{"nonblock"};
    site.set_unit("[Service]\nTimeoutStopSec=2s\n");
    // As Node does: it accepts until there is nothing more, and would hang there without O_NONBLOCK.
    const std::string event_loop = R"(import fcntl
s = passed(); s.setblocking(False); cleared = []
def watch():
    while True:
        if not fcntl.fcntl(3, fcntl.F_GETFL) & os.O_NONBLOCK: cleared.append(1)
        time.sleep(0.0002)
threading.Thread(target=watch, daemon=True).start()
signal.signal(signal.SIGUSR1, lambda *a: print("cleared", len(cleared), flush=True))
ready(); serve(s))";
    upload_script(site, python(event_loop));
    site.edit("1");
    const auto added = site.add();
    REQUIRE_MESSAGE(added.status == 0, added.text());
    site.unwatch();
    upload_script(site, python(event_loop) + "# another\n"); // from here on systemd knows what the live release needs
    site.edit("2");
    REQUIRE(site.deploy().status == 0);
    site.wait_for_version("2");
    for (const std::string bad : {"os._exit(1)", "s = passed(); ready(); s.accept(); os._exit(9)"}) {
        upload_script(site, python(bad));
        site.edit("bad");
        CHECK(site.deploy().status == 3);
    }
    REQUIRE(run({"systemctl", "kill", "--signal=USR1", site.unit(2)}).status == 0);
    wait_until("it tells", [&] {
        return run({"journalctl", "--output=cat", "--unit", site.unit(2)}).out.find("cleared") != std::string::npos;
    });
    const auto told = run({"journalctl", "--output=cat", "--unit", site.unit(2)}).out;
    CHECK_MESSAGE(told.find("cleared 0\n") != told.npos, told);
    // A program that waits in accept(2) gets a socket that waits, even beside one that does not.
    upload_script(site, python("s = passed(); ready()\nwhile True: c, _ = s.accept(); answer(c)"));
    site.edit("3");
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    site.wait_for_version("3");
    site.edit("4");
    CHECK(site.deploy().status == 0);
    site.wait_for_version("4");
}

TEST_CASE("what a release did to the shared socket is taken back when it has left, and told by its number") {
    PythonSite site{"lingering"};
    // As .NET 6 did at its exit (dotnet/runtime#70311): all connections of the others then end with a reset.
    upload_script(site, python(R"(import struct
s = passed(); s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 1, 0))
ready(); serve(s); s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)))"));
    site.edit("2");
    REQUIRE(site.deploy().status == 0);
    site.wait_for_version("2");
    upload_script(site, python(R"(import struct
s = passed(); ready()
def look(*a): print("linger", struct.unpack("ii", s.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)), "timeout", struct.unpack("ll", s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16)), flush=True)
signal.signal(signal.SIGUSR1, look)
serve(s))"));
    site.edit("3");
    REQUIRE(site.deploy().status == 0);
    const auto told = [] { return run({"journalctl", "--output=cat", "--unit", "baton-listen@lingering"}).out; };
    wait_until("it is told", [&] { return told().find("had SO_LINGER") != std::string::npos; });
    wait_until("and taken back", [&] {
        (void)run({"systemctl", "kill", "--signal=USR1", site.unit(3)});
        const auto said = run({"journalctl", "--output=cat", "--unit", site.unit(3)}).out;
        return said.find("linger (0, 0) timeout (0, 0)") != said.npos;
    });
}

TEST_CASE("a release that only claims to be held back is tried once, and rejected") {
    PythonSite site{"liar"};
    upload_script(site, python(R"(
own = socket.socket(socket.AF_UNIX); s = passed()
if "BATON_PREFLIGHT" in os.environ:
    own.bind(os.environ["BATON_PRIVATE_SOCKET"]); own.listen()
def tell():
    while True:
        c, _ = own.accept(); c.recv(4096)
        c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"state":"held"}'); c.close()
if "BATON_PREFLIGHT" in os.environ: threading.Thread(target=tell, daemon=True).start()
ready(); serve(s, b"500 Internal Server Error"))"));
    site.edit("2");
    const auto refused = site.deploy();
    CHECK_MESSAGE(refused.status == 3, refused.text());
    CHECK_MESSAGE(refused.err.find("held it back when it was tried, and does not now") != refused.err.npos,
                  refused.text());
    site.wait_for_version("1");
}

TEST_CASE("a stop of the site, or of the release, during a preflight is no verdict") {
    PythonSite site{"stopped-python"};
    const auto edit_slow = [&](const std::string& ver) {
        upload_script(site, python("s = passed(); ready(); time.sleep(2); serve(s)"));
        site.edit(ver);
    };
    edit_slow("2");
    {
        Process deploy{{"baton", "deploy", site.name()}};
        wait_until("it is tried", [&] { return site.show(site.unit(2), "ActiveState") == "active"; });
        REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
        CHECK(deploy.wait().status == 1);
    }
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    site.wait_for_version("2");
    edit_slow("3");
    Process deploy{{"baton", "deploy", site.name()}};
    wait_until("it is tried", [&] {
        return site.show(site.unit(site.releases().front().release), "ActiveState") == "active" &&
               site.releases().front().ver == "3";
    });
    REQUIRE(run({"systemctl", "stop", site.unit(site.releases().front().release)}).status == 0);
    (void)deploy.wait();
    site.wait_for_version("3");
}

TEST_CASE("a program that serves one connection at a time, on two sockets, passes a preflight") {
    Site site{"one-by-one"};
    site.set_unit("[Service]\nTimeoutStopSec=2s\n");
    upload_script(site, python(R"(import select
s = [socket.socket(fileno=3 + i) for i in range(2)]
ready()
while True:
    for l in select.select(s, [], [])[0]:
        l.setblocking(False)
        try: c, _ = l.accept()
        except BlockingIOError: continue
        c.setblocking(True); answer(c))"));
    for (const std::string more : {"", R"(, "HealthPath": "/hello")"}) {
        site.write_conf(fmt::format(
            R"({{"HttpPort": ["{}", "/run/one-by-one/http.sock"], "Ver": "{}", "DelaySecond": 0, "BinName": "test"{}}})",
            site.http_port, more.empty() ? 1 : 2, more));
        const auto done = more.empty() ? site.add() : site.deploy();
        REQUIRE_MESSAGE(done.status == 0, done.text());
    }
}

TEST_CASE("libbaton behind a script is found to hold back, also where nobody says READY=1") {
    Site site{"exec-script"};
    site.set_unit("[Service]\nType=exec\n");
    site.upload(k_shop, "shop");
    upload_script(site, "#!/bin/sh\nsleep 0.3\nexec ./shop\n");
    site.edit("1");
    const auto added = site.add();
    REQUIRE_MESSAGE(added.status == 0, added.text());
    CHECK(site.status("/releases/0/proof") == "held");
    site.wait_for_version("1");
}

TEST_CASE("a live release that fails during a preflight is started again meanwhile") {
    PythonSite site{"meanwhile", R"(, "ProbationSecond": 0)"};
    upload_script(site, python("s = passed(); ready(); time.sleep(1000)"));
    site.edit("2", R"(, "ProbationSecond": 0)");
    Process deploy{{"baton", "deploy", site.name()}};
    wait_until("it is tried", [&] { return site.show(site.unit(2), "ActiveState") == "active"; });
    const auto pid = get(site.address()).pid;
    REQUIRE(run({"systemctl", "kill", "--signal=KILL", site.unit(1)}).status == 0);
    const auto begin = std::chrono::steady_clock::now();
    const auto again = get(site.address());
    CHECK(again.ver == "1");
    CHECK(again.pid != pid);
    CHECK(std::chrono::steady_clock::now() - begin < 5s); // of the 10 s that a preflight may take
    CHECK_FALSE(deploy.ended());
    CHECK(deploy.wait().status == 3);
}

TEST_CASE("the first release of a site has to serve as well") {
    Site site{"first-python"};
    upload_script(site, python("ready(); time.sleep(1000)"));
    site.edit("1");
    const auto added = site.add();
    CHECK_MESSAGE(added.status == 3, added.text());
    CHECK_MESSAGE(added.err.find("accepted no connection") != std::string::npos, added.text());
}

TEST_CASE("with Preflight false a program is started once, and status says that nothing has proven it") {
    Site site{"once"};
    const auto count = site.directory() / "count"; // its start has effects: a file of the host's, by a drop-in
    site.set_unit("[Service]\nTimeoutStopSec=2s\nStateDirectory=once\n");
    const std::string counted = "open('/var/lib/once/starts', 'a').write('x')\n" + k_good;
    upload_script(site, python(counted));
    site.edit("1", R"(, "Preflight": false)");
    const auto added = site.add();
    REQUIRE_MESSAGE(added.status == 0, added.text());
    CHECK(run({"cat", "/var/lib/once/starts"}).out == "x");
    CHECK(site.status("/releases/0/proof") == "none");
    const auto table = run({"baton", "status", site.name()}).out;
    CHECK_MESSAGE(table.find("not proven before it took over") != table.npos, table);
    site.edit("2");
    const auto deployed = site.deploy();
    REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(run({"cat", "/var/lib/once/starts"}).out == "xxx");
    (void)run({"rm", "-rf", "/var/lib/private/once", "/var/lib/once"});
}

TEST_CASE("a program with libbaton is started once, and held back") {
    ServingSite site{"held"};
    CHECK(site.status("/releases/0/proof") == "held");
    site.edit("2");
    const auto begun = run({"journalctl", "--output=cat", "--unit", site.unit(2)}).out;
    const auto deployed = site.deploy();
    REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(site.status("/releases/0/proof") == "held");
    const auto starts =
        run({"journalctl", "--output=cat", "--unit", site.unit(2), "MESSAGE_ID=39f53479d3a045ac8e11786248231fbf"});
    CHECK(std::count(starts.out.begin(), starts.out.end(), '\n') == 1); // "Started": sd-messages.h
}

TEST_CASE("a script that executes a program with libbaton is held back too") {
    Site site{"held-script"};
    site.upload(k_shop, "shop");
    upload_script(site, "#!/bin/sh\nexec ./shop\n");
    site.edit("1");
    const auto added = site.add();
    REQUIRE_MESSAGE(added.status == 0, added.text());
    CHECK(site.status("/releases/0/proof") == "held");
    site.wait_for_version("1");
}

TEST_CASE("an edit during a preflight replaces what is tried") {
    PythonSite site{"impatient"};
    upload_script(site, python("s = passed(); time.sleep(15); ready(); serve(s)"));
    site.edit("2");
    Process deploy{{"baton", "deploy", site.name()}};
    wait_until("it starts", [&] { return site.show(site.unit(2), "ActiveState") == "activating"; });
    upload_script(site, python(k_good));
    site.edit("3");
    const auto deployed = deploy.wait();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    site.wait_for_version("3");
}

TEST_CASE("a deploy that is killed during a preflight is done again, and leaves nothing") {
    PythonSite site{"killed-python"};
    upload_script(site, python("s = passed(); time.sleep(2); ready(); serve(s)"));
    site.edit("2");
    Process deploy{{"baton", "deploy", site.name()}};
    wait_until("it starts", [&] { return site.show(site.unit(2), "ActiveState") == "activating"; });
    deploy.kill(SIGKILL);
    (void)deploy.wait();
    site.wait_for_version("2");
    CHECK(run({"systemctl", "list-units", "--failed", "--plain", "--no-legend", site.name() + "*"}).out == "");
}

TEST_CASE("a preflight's sockets have the families, the number and the names of the site's") {
    PythonSite site{"families"};
    const auto admin = free_port();
    upload_script(site, python(R"(
n = int(os.environ["LISTEN_FDS"])
kinds = [socket.socket(fileno=os.dup(3 + i)).family.name for i in range(n)]
print("preflight" if "BATON_PREFLIGHT" in os.environ else "site", os.environ["LISTEN_FDNAMES"], *kinds, os.environ["LISTEN_PID"] == str(os.getpid()), flush=True)
for i in range(1, n): threading.Thread(target=serve_thread, args=(socket.socket(fileno=3 + i),), daemon=True).start()
s = passed(); ready(); serve(s))"));
    auto text = read_file(site.directory() / "test");
    const std::string before = "\nn = int(os";
    text.insert(text.find(before), R"(
def serve_thread(listener):
    while True:
        try: conn, _ = listener.accept()
        except BlockingIOError: time.sleep(0.01); continue
        conn.setblocking(True); answer(conn)
)");
    upload_script(site, text);
    site.write_conf(
        fmt::format(R"({{"HttpPort": ["{}", "/run/families/http.sock"], "Listen": {{"admin": "127.0.0.1:{}"}},
 "Ver": "2", "DelaySecond": 0, "BinName": "test"}})",
                    site.http_port, admin));
    const auto deployed = site.deploy();
    REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
    const auto said = run({"journalctl", "--output=cat", "--unit", site.unit(2)}).out;
    const std::string line = "http:http:admin AF_INET6 AF_UNIX AF_INET True\n";
    CHECK_MESSAGE(said.find("preflight " + line) != said.npos, said);
    CHECK_MESSAGE(said.find("site " + line) != said.npos, said);
}
