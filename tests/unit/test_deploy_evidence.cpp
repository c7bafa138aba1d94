// SPDX-License-Identifier: MIT
// Why a release's unit failed, in words.
#include "deploy/tell/evidence.hpp"

#include <doctest/doctest.h>

#include <csignal>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;

sd::UnitStatus ended(std::string_view result, int code, int status) {
    sd::UnitStatus unit;
    unit.result = sd::parse_service_result(result);
    unit.exec_main_code = code;
    unit.exec_main_status = status;
    unit.timeout_start = 90s;
    return unit;
}

TEST_CASE("each of systemd's results is a sentence that names the limit, if one expired") {
    CHECK(failure_text(ended("exit-code", CLD_EXITED, 1)) == "the program exited with status 1");
    CHECK(failure_text(ended("exit-code", CLD_EXITED, 203)) == "the program could not be executed");
    CHECK(failure_text(ended("signal", CLD_KILLED, SIGKILL)) == "the program was killed by SIGKILL");
    CHECK(failure_text(ended("core-dump", CLD_DUMPED, SIGSEGV)) == "the program was killed by SIGSEGV");
    CHECK(failure_text(ended("timeout", CLD_KILLED, SIGTERM)) ==
          "it did not say READY=1 within 1 min 30 s (TimeoutStartSec=)");
    CHECK(failure_text(ended("protocol", CLD_EXITED, 0)) ==
          "the program exited with status 0 without having said READY=1; a program that never says it needs Type=exec");
    CHECK(failure_text(ended("watchdog", CLD_DUMPED, SIGABRT)) == "it did not say WATCHDOG=1 in time (WatchdogSec=)");
    CHECK(failure_text(ended("oom-kill", CLD_KILLED, SIGKILL)) == "the kernel killed it: out of memory");
    CHECK(failure_text(ended("resources", 0, 0)) == "systemd could not set it up (result 'resources')");
    CHECK(failure_text(ended("start-limit-hit", CLD_EXITED, 1)) == "it failed too often in a short time");
    CHECK(failure_text(ended("a result of a newer systemd", 0, 0)) == "the program ended");
    CHECK(failure_text({}) == "the program ended");
}

TEST_CASE("a program killed by a real-time signal, which has no name, is told as well") {
    CHECK(failure_text(ended("signal", CLD_KILLED, SIGRTMIN + 1)).starts_with("the program was killed by"));
}

TEST_CASE("where systemd does not tell of a READY=1 that it did not take, there may have been one") {
    const std::string_view may_have_been = "a child of the program said READY=1";
    auto unit = ended("timeout", CLD_KILLED, SIGTERM);
    unit.notify_access = sd::NotifyAccess::main;
    CHECK(evidence(unit, 252).find(may_have_been) == std::string::npos);
    CHECK(evidence(unit, 257).find(may_have_been) != std::string::npos);
    unit.notify_access = sd::NotifyAccess::all;
    CHECK(evidence(unit, 257).find(may_have_been) == std::string::npos);
}

TEST_CASE("where the journal has nothing, the evidence is the sentence alone") {
    auto unit = ended("exit-code", CLD_EXITED, 1);
    CHECK(evidence(unit, 252) == "the program exited with status 1");
    unit.invocation_id = "00000000000000000000000000000000";
    CHECK(evidence(unit, 252) == "the program exited with status 1");
}

} // namespace
} // namespace baton::deploy
