// SPDX-License-Identifier: MIT
// The line that is drawn while a step takes its time.
#include "cli/progress.hpp"

#include <doctest/doctest.h>

namespace baton::cli {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a line of progress has the step, what goes on, a bar and the time") {
    CHECK(progress_line("2/7 import", "3 of 12 MiB", 0.25, 1200ms, 100) ==
          "  2/7 import   3 of 12 MiB  [=====>              ]  25 %  1.2 s");
    CHECK(progress_line("2/7 import", "12 of 12 MiB", 1, 2s, 100) ==
          "  2/7 import   12 of 12 MiB  [====================] 100 %  2.0 s");
    CHECK(progress_line("3/7 start", "waits for READY=1", std::nullopt, 3s, 100) ==
          "  3/7 start    waits for READY=1  3.0 s");
}

TEST_CASE("a share that is no share is cut to one, and 100 % is not said too early") {
    CHECK(progress_line("x", "", -1, 0s, 100).find("  0 %") != std::string::npos);
    CHECK(progress_line("x", "", 7, 0s, 100).find("100 %") != std::string::npos);
    CHECK(progress_line("x", "", 0.999, 0s, 100).find(" 99 %") != std::string::npos);
    CHECK(progress_line("x", "", 0.0 / 1e-320 / 0.0, 0s, 100).find("  0 %") != std::string::npos);
}

TEST_CASE("a line of progress never fills its terminal, which would scroll, and cuts no letter") {
    for (std::size_t columns = 0; columns < 90; ++columns) {
        const auto line = progress_line("2/7 import", "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4", 0.5, 1s, columns);
        CAPTURE(columns);
        CHECK(line.size() <= (columns > 0 ? columns - 1 : 0));
        CHECK((line.empty() || line.back() != '\xC3'));
    }
}

} // namespace
} // namespace baton::cli
