// SPDX-License-Identifier: MIT
// The one exception type: kinds are exit statuses; context added by a caller keeps kind and hint.
#include "base/error.hpp"
#include "deploy/wish/error_kinds.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

namespace baton {
namespace {

TEST_CASE("each kind of error has the exit status that the manual names") {
    CHECK(error_kind::failed.exit_status == 1);
    CHECK(error_kind::usage.exit_status == 2);
    CHECK(error_kind::rejected.exit_status == 3);
    CHECK(error_kind::rolled_back.exit_status == 4);
    CHECK(error_kind::busy.exit_status == 75);
    CHECK(error_kind::config.exit_status == 78);
}

TEST_CASE("an error told from further out keeps its kind and its hint") {
    const auto error = Error{"job failed", error_kind::rejected, "journalctl"}.within("starting 'shop'");
    CHECK(std::string{error.what()} == "starting 'shop': job failed");
    CHECK(error.kind() == error_kind::rejected);
    CHECK(error.hint() == "journalctl");
    CHECK(error.with_hint("ss -l").hint() == "ss -l");
    CHECK(error.with_hint("ss -l").kind() == error_kind::rejected);
}

TEST_CASE("errno becomes words, cause last") {
    CHECK(std::string{errno_error("opening 'x'", ENOENT).what()} == "opening 'x': No such file or directory");
    errno = EACCES;
    CHECK(std::string{errno_error("opening 'x'").what()} == "opening 'x': Permission denied");
}

} // namespace
} // namespace baton
