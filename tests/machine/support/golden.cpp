// SPDX-License-Identifier: MIT
#include "support/golden.hpp"

#include "support/command.hpp"
#include "support/files.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <regex>

namespace machine {
namespace {

struct Mask {
    std::regex pattern;
    const char* instead;
};

const std::vector<Mask>& masks() {
    static const std::vector<Mask> masks{
        {std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"}, "<time>"},
        {std::regex{R"(\b[0-9a-f]{64}\b)"}, "<sha256>"},
        {std::regex{R"(\b[0-9a-f]{32}\b)"}, "<id>"},
        {std::regex{R"(\b[0-9a-f]{12}\b)"}, "<sha>"},
        {std::regex{R"( +[0-9.]+ (ms|s|us)\b)"}, " <took>"},
        {std::regex{R"([0-9.]+ [KMG]?i?B\b)"}, "<size>"},
        {std::regex{R"-(("(read|import|start|health|switch|drain|prune)": )[0-9.e-]+)-"}, "$1<ms>"},
        {std::regex{R"(("bytes": )\d+)"}, "$1<bytes>"},
        {std::regex{R"((pid )\d+)"}, "$1<pid>"},
        {std::regex{R"(("pid": )\d+)"}, "$1<pid>"},
        {std::regex{R"(("memory_bytes": )(\d+|null))"}, "$1<bytes>"},
        {std::regex{R"((live|on probation|draining|starting) +\d+ +(-|<size>))"}, "$1 <pid> <memory>"},
        {std::regex{R"((stopped|rejected|rolled back|failed) +- +- )"}, "$1 - -"},
        {std::regex{R"( +(DETAIL|MEMORY|SINCE|PROGRAM|PID|CREATED|TOOK|LIVE FOR))"}, " $1"},
        {std::regex{R"( +(<time>|<sha>))"}, " $1"},
        {std::regex{R"((<took>) +- )"}, "$1 - "},
    };
    return masks;
}

std::string masked(std::string text) {
    for (const auto& mask : masks())
        text = std::regex_replace(text, mask.pattern, mask.instead);
    return text;
}

} // namespace

std::string transcript(const std::vector<std::vector<std::string>>& commands) {
    std::string text;
    for (const auto& command : commands) {
        text += "$";
        for (const auto& word : command)
            text += " " + (word.find(' ') == word.npos && !word.empty() ? word : "'" + word + "'");
        const auto finished = run(command);
        text += "\n" + finished.out;
        if (!finished.err.empty()) text += "[stderr]\n" + finished.err;
        text += "[status " + std::to_string(finished.status) + "]\n\n";
    }
    return masked(text);
}

void check_golden(const std::string& name, const std::string& text) {
    const auto path = std::string{BATON_GOLDEN_DIR "/"} + name;
    const char* const accept = std::getenv("BATON_ACCEPT");
    if (accept != nullptr && std::string_view{accept} == "1") return write_file(path, text);
    CHECK_MESSAGE(text == read_file(path), name << " differs; BATON_ACCEPT=1 rewrites it");
}

} // namespace machine
