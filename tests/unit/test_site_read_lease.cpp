// SPDX-License-Identifier: MIT
// The lease: an exact answer to "does anybody write this file?", now and since then.
#include "site/directory/read_lease.hpp"

#include "base/file.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>

#include <cerrno>

namespace baton::site {
namespace {

using test::Scratch;
using State = ReadLease::State;

TEST_CASE("a file that nobody writes is held, whoever reads it") {
    const Scratch scratch;
    const auto file = scratch.write("f", "x");
    const auto reader = open_file(file, O_RDONLY);
    const auto fd = open_file(file, O_RDONLY);
    const ReadLease lease{fd.get()};
    CHECK(lease.state() == State::held);
    const auto another = open_file(file, O_RDONLY);
    CHECK_FALSE(lease.broken());
}

TEST_CASE("a file that is open for writing has a writer, even when nothing is written") {
    const Scratch scratch;
    const auto file = scratch.write("f", "x");
    for (const int flags : {O_WRONLY, O_RDWR, O_WRONLY | O_APPEND}) {
        const auto writer = open_file(file, flags);
        const auto fd = open_file(file, O_RDONLY);
        const ReadLease lease{fd.get()};
        CHECK(lease.state() == State::writer);
        CHECK_FALSE(lease.broken());
    }
    const auto fd = open_file(file, O_RDONLY);
    CHECK(ReadLease{fd.get()}.state() == State::held);
}

TEST_CASE("whoever opens the file for writing, or truncates it, breaks the lease, even in vain") {
    const Scratch scratch;
    const auto file = scratch.write("f", "x");
    for (const int flags : {O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC}) {
        const auto fd = open_file(file, O_RDONLY);
        const ReadLease lease{fd.get()};
        REQUIRE(lease.state() == State::held);
        CHECK(::open(file.c_str(), flags | O_NONBLOCK | O_CLOEXEC) == -1); // without O_NONBLOCK it would wait for us
        CHECK(errno == EWOULDBLOCK);
        CHECK(lease.broken());
    }
}

TEST_CASE("a lease that is over keeps nobody from writing") {
    const Scratch scratch;
    const auto file = scratch.write("f", "x");
    const auto fd = open_file(file, O_RDONLY);
    (void)ReadLease{fd.get()}; // given back at once
    CHECK(Fd{::open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)});
}

TEST_CASE("what has no leases says so, and is never broken") {
    const auto fd = open_file("/dev/null", O_RDONLY);
    const ReadLease lease{fd.get()};
    CHECK(lease.state() == State::unsupported);
    CHECK_FALSE(lease.broken());
}

TEST_CASE("a file system of the network is without leases, whatever it answers; elsewhere EAGAIN is a writer") {
    constexpr long k_ext4 = 0xEF53;
    constexpr long k_tmpfs = 0x01021994;
    constexpr long k_nfs = 0x6969;
    constexpr long k_fuse = 0x65735546;
    const auto cifs = static_cast<long>(0xFF534D42);
    const auto cifs_on_32_bits = static_cast<long>(static_cast<int>(0xFF534D42));
    for (const auto type : {k_ext4, k_tmpfs, 0L}) {
        CHECK(ReadLease::state_of(0, type) == State::held);
        CHECK(ReadLease::state_of(EAGAIN, type) == State::writer);
        CHECK(ReadLease::state_of(EINVAL, type) == State::unsupported);
        CHECK(ReadLease::state_of(EACCES, type) == State::unsupported);
    }
    for (const auto type : {k_nfs, k_fuse, cifs, cifs_on_32_bits})
        for (const auto error_number : {0, EAGAIN, EINVAL, ENOLCK})
            CHECK(ReadLease::state_of(error_number, type) == State::unsupported);
}

TEST_CASE("without leases a file is finished when it has been quiet for a while, and a clock that is ahead holds up "
          "nothing") {
    const auto fd = open_file("/dev/null", O_RDONLY);
    const ReadLease lease{fd.get()};
    REQUIRE(lease.state() == State::unsupported);
    const auto changed_at = [](std::chrono::seconds from_now) {
        struct stat st = {};
        st.st_ctim.tv_sec = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now);
        return st;
    };
    using namespace std::chrono_literals;
    CHECK(lease.may_be_written(changed_at(0s)));
    CHECK(lease.may_be_written(changed_at(2s)));
    CHECK_FALSE(lease.may_be_written(changed_at(-k_quiet_without_leases - 1s)));
    CHECK_FALSE(lease.may_be_written(changed_at(1h)));
}

TEST_CASE("with a lease the time of the last change does not matter") {
    const Scratch scratch;
    const auto file = scratch.write("f", "x");
    const auto fd = open_file(file, O_RDONLY);
    struct stat st = {};
    REQUIRE(::fstat(fd.get(), &st) == 0);
    CHECK_FALSE(ReadLease{fd.get()}.may_be_written(st));
    const auto writer = open_file(file, O_WRONLY);
    st.st_ctim.tv_sec = 0;
    CHECK(ReadLease{fd.get()}.may_be_written(st));
}

} // namespace
} // namespace baton::site
