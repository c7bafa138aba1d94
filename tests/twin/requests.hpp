// SPDX-License-Identifier: MIT
// The zoo: the requests to both servers, byte for byte; and where the replies may differ, each with its reason.
#pragma once

#include <string>
#include <vector>

namespace twin {

struct Question {
    std::string name; ///< "GET /plain gzip", say
    std::string id;   ///< its X-Id
    std::string bytes;
    bool head = false;
};

[[nodiscard]] std::vector<Question> all_questions();

/// Why the answers to `name` may differ; "": they may not. docs/HTTP.md has the rules.
[[nodiscard]] std::string why_different(const std::string& name);

} // namespace twin
