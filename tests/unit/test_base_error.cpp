// SPDX-License-Identifier: MIT
// The one exception type: kinds are exit statuses; context added by a caller keeps kind and hint.
#include "base/error.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

namespace baton {
namespace {

TEST_CASE("each kind of error has the exit status that the manual names") {
    CHECK(exit_status(ErrorKind::failed) == 1);
    CHECK(exit_status(ErrorKind::usage) == 2);
    CHECK(exit_status(ErrorKind::rejected) == 3);
    CHECK(exit_status(ErrorKind::rolled_back) == 4);
    CHECK(exit_status(ErrorKind::busy) == 75);
    CHECK(exit_status(ErrorKind::config) == 78);
}

TEST_CASE("an error told from further out keeps its kind and its hint") {
    const auto error = Error{"job failed", ErrorKind::rejected, "journalctl"}.within("starting 'shop'");
    CHECK(std::string{error.what()} == "starting 'shop': job failed");
    CHECK(error.kind() == ErrorKind::rejected);
    CHECK(error.hint() == "journalctl");
    CHECK(error.with_hint("ss -l").hint() == "ss -l");
    CHECK(error.with_hint("ss -l").kind() == ErrorKind::rejected);
}

TEST_CASE("errno becomes words, cause last") {
    CHECK(std::string{errno_error("opening 'x'", ENOENT).what()} == "opening 'x': No such file or directory");
    errno = EACCES;
    CHECK(std::string{errno_error("opening 'x'").what()} == "opening 'x': Permission denied");
}

} // namespace
} // namespace baton
