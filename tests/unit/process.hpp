// SPDX-License-Identifier: MIT
// Another program, run to its end: its exit status and its output.
#pragma once

#include <string>
#include <vector>

namespace baton::test {

struct Ended {
    int status = -1; ///< exit status; 128 + signal number when killed
    std::string out;
    std::string err;
};

/// Runs argv[0], looked for in PATH, with exactly the environment given, or this process's own when that is empty.
[[nodiscard]] Ended run(const std::vector<std::string>& argv, const std::vector<std::string>& environment = {});

} // namespace baton::test
