// SPDX-License-Identifier: MIT
// The lease: an exact answer to "does anybody write this file?", now and since.
#include "site/read_lease.hpp"

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
    { const ReadLease lease{fd.get()}; }
    CHECK(Fd{::open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)});
}

TEST_CASE("what has no leases says so, and is never broken") {
    const auto fd = open_file("/dev/null", O_RDONLY);
    const ReadLease lease{fd.get()};
    CHECK(lease.state() == State::unsupported);
    CHECK_FALSE(lease.broken());
}

} // namespace
} // namespace baton::site
