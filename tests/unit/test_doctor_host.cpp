// SPDX-License-Identifier: MIT
// The host's checks, over values that no test machine has at once; and what can be observed of any host.
#include "doctor/checks/host.hpp"

#include "base/error.hpp"
#include "doctor/proc.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

namespace baton::doctor {
namespace {

constexpr std::uint64_t k_mib = 1024UL * 1024;

PlaceSeen roomy(const char* path) {
    return {path, {.free_bytes = 100 * k_mib, .files = 100'000, .free_files = 50'000}, 16 * k_mib, 1000, true};
}

TEST_CASE("a disk without room for the next release, in bytes or in files, is a finding") {
    CHECK(judge_room({roomy("/var/lib/baton"), roomy("/run")}).empty());
    auto full = roomy("/var/lib/baton");
    full.file_system.free_bytes = 16 * k_mib - 1;
    REQUIRE(judge_room({full}).size() == 1);
    CHECK(judge_room({full}).front().what == "'/var/lib/baton' has 16.0 MiB left, and 16.0 MiB are needed");
    auto crowded = roomy("/var/lib/baton");
    crowded.file_system.free_files = 999;
    REQUIRE(judge_room({crowded}).size() == 1);
    CHECK(judge_room({crowded}).front().what ==
          "'/var/lib/baton' has room for 999 more files, and 1000 are needed (inodes)");
    crowded.file_system.files = 0; // btrfs has no such limit
    CHECK(judge_room({crowded}).empty());
}

TEST_CASE("a mount that is read-only, noexec or of the network is a finding, noexec only where releases run") {
    CHECK(judge_mounts({roomy("/var/lib/baton")}).empty());
    auto place = roomy("/var/lib/baton");
    place.file_system.is_noexec = true;
    REQUIRE(judge_mounts({place}).size() == 1);
    CHECK(judge_mounts({place}).front().type ==
          "mount -o remount,exec \"$(findmnt --first-only -n -o TARGET -T /var/lib/baton)\"");
    place.runs_programs = false;
    CHECK(judge_mounts({place}).empty());
    place.file_system.is_read_only = true;
    CHECK(judge_mounts({place}).size() == 1);
    place.file_system.network_kind = "NFS";
    CHECK(judge_mounts({place}).size() == 2);
}

TEST_CASE("a file system is looked at wherever a directory is") {
    const test::Scratch scratch;
    const auto here = file_system_of(scratch.path());
    CHECK(here.free_bytes > 0);
    CHECK_FALSE(here.is_read_only);
    CHECK(here.network_kind.empty());
    CHECK_THROWS_AS((void)file_system_of(scratch / "missing"), Error);
}

TEST_CASE("who runs out of inotify instances or watches is told before the last one is gone") {
    const InotifySeen fine{.instances = 100, .most_instances = 128, .watches = 1000, .most_watches = 8192};
    CHECK(judge_inotify(fine).empty());
    auto seen = fine;
    seen.instances = 113;
    REQUIRE(judge_inotify(seen).size() == 1);
    CHECK(judge_inotify(seen).front().what == "113 of 128 of root are in use (fs.inotify.max_user_instances)");
    CHECK(judge_inotify(seen).front().type ==
          "echo fs.inotify.max_user_instances=8192 >/etc/sysctl.d/90-baton-fs.inotify.max_user_instances.conf && "
          "sysctl --load /etc/sysctl.d/90-baton-fs.inotify.max_user_instances.conf");
    seen.instances = 8190; // the shipped limit itself is nearly used up
    seen.most_instances = 8192;
    CHECK(judge_inotify(seen).front().type.starts_with("echo fs.inotify.max_user_instances=16380 "));
    seen = fine;
    seen.watches = 8000;
    REQUIRE(judge_inotify(seen).size() == 1);
    CHECK(judge_inotify(seen).front().what.find("fs.inotify.max_user_watches") != std::string::npos);
}

TEST_CASE("a clock that nobody synchronizes is a finding, unless it is the host's of a container") {
    CHECK(judge_clock({.is_of_container = false, .is_synchronized = true}).empty());
    CHECK(judge_clock({.is_of_container = true, .is_synchronized = false}).empty());
    CHECK(judge_clock({.is_of_container = false, .is_synchronized = false}).size() == 1);
}

TEST_CASE("a kernel before 5.6, or one that protects no hard links, is a finding") {
    for (const auto* fine : {"5.6.0", "5.10.0-28-amd64", "6.1.0", "10.0", "odd"})
        CHECK_MESSAGE(judge_kernel({fine, 1}).empty(), fine);
    for (const auto* old : {"5.5.19", "4.19.0-26-amd64", "5.5"})
        CHECK_MESSAGE(judge_kernel({old, 1}).size() == 1, old);
    CHECK(judge_kernel({"6.1.0", 0}).size() == 1);
    CHECK(judge_kernel({"6.1.0", std::nullopt}).empty());
}

TEST_CASE("a systemd that is older than 252, or does not answer, is a finding") {
    CHECK(judge_systemd({252, ""}).empty());
    CHECK(judge_systemd({251, ""}).size() == 1);
    CHECK(judge_linger("").empty());
    REQUIRE(judge_linger("ann").size() == 1);
    CHECK(judge_linger("ann").front().type == "loginctl enable-linger ann");
    REQUIRE(judge_systemd({0, "connecting to systemd: Connection timed out"}).size() == 1);
    CHECK(judge_systemd({0, "connecting to systemd: Connection timed out"}).front().what ==
          "connecting to systemd: Connection timed out");
}

TEST_CASE("each of baton's own units that is down, failed or masked is a finding") {
    using sd::ActiveState;
    const HelpersSeen fine{
        ActiveState::active, ActiveState::active, ActiveState::inactive, ActiveState::active, {}, {}};
    CHECK(judge_helpers(fine).empty());
    auto seen = fine;
    seen.look = ActiveState::activating; // it is looking just now
    CHECK(judge_helpers(seen).empty());
    seen.look = ActiveState::failed;
    CHECK(judge_helpers(seen).size() == 1);
    for (const auto unit : {&HelpersSeen::timer, &HelpersSeen::path, &HelpersSeen::journal}) {
        seen = fine;
        seen.*unit = ActiveState::inactive;
        CHECK(judge_helpers(seen).size() == 1);
    }
    seen = fine;
    seen.masked = {{"baton-reload@.service", false}};
    REQUIRE(judge_helpers(seen).size() == 1);
    CHECK(judge_helpers(seen).front().type == "systemctl unmask baton-reload@.service");
    seen = fine;
    seen.needs_reload = {"baton-look.timer"};
    CHECK(judge_helpers(seen).front().type == "systemctl daemon-reload");
}

TEST_CASE("a generator that is missing, hidden or cannot run is a finding") {
    CHECK(judge_generator({"/usr/lib/systemd/system-generators/baton-generator", true}).empty());
    CHECK(judge_generator({}).size() == 1);
    CHECK(judge_generator({"/etc/systemd/system-generators/baton-generator", false}).front().type ==
          "rm /etc/systemd/system-generators/baton-generator");
    CHECK(judge_generator({"/usr/lib/systemd/system-generators/baton-generator", false}).front().type ==
          "chmod 0755 /usr/lib/systemd/system-generators/baton-generator");
}

TEST_CASE("a state that others may write is a finding") {
    CHECK(judge_state({"/var/lib/baton", true}).empty());
    CHECK(judge_state({"/var/lib/baton", false}).size() == 1);
}

TEST_CASE("a number of the kernel's is read, and what is none is refused") {
    const test::Scratch scratch;
    CHECK(number_in(scratch.write("limit", "8192\n")) == 8192);
    CHECK_THROWS_AS((void)number_in(scratch.write("odd", "many\n")), Error);
    CHECK_THROWS_AS((void)number_in(scratch / "missing"), Error);
}

} // namespace
} // namespace baton::doctor
