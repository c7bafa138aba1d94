// SPDX-License-Identifier: MIT
#include "deploy/tell/script_note.hpp"

#include "base/interpreter.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t k_read_bytes = 64UL * 1024; // of a script
constexpr std::string_view k_word = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./";

bool is_shell(const ScriptLine& line) {
    constexpr std::array<std::string_view, 6> k_shells{"sh", "bash", "dash", "ash", "ksh", "zsh"};
    const auto interpreter = fs::path{line.interpreter}.filename().native();
    const auto name = interpreter == "env" ? line.argument.substr(0, line.argument.find(' ')) : interpreter;
    return std::find(k_shells.begin(), k_shells.end(), name) != k_shells.end();
}

} // namespace

std::vector<std::string> script_words(const fs::path& script) {
    std::string text(k_read_bytes, '\0');
    std::ifstream file{script, std::ios::binary};
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    std::vector<std::string> words;
    for (auto at = text.find('#'); at != text.npos; at = text.find('#', at)) // comments, and the first line
        text.erase(at, text.find('\n', at) - at);
    for (std::string_view rest = text;;) {
        rest.remove_prefix(std::min(rest.find_first_of(k_word), rest.size()));
        if (rest.empty()) return words;
        const auto word = rest.substr(0, rest.find_first_not_of(k_word));
        words.emplace_back(word);
        rest.remove_prefix(word.size());
    }
}

std::string script_note(const fs::path& program) {
    const auto line = script_line_of(program);
    if (!line) return {};
    if (auto fault = script_fault(*line); !fault.empty()) return "; " + fault;
    const auto words = script_words(program);
    if (!is_shell(*line) || std::find(words.begin(), words.end(), "exec") != words.end()) return {};
    return "; it is a shell script without 'exec': it starts its program as a child, but LISTEN_PID= and READY=1 are "
           "for the script's own process only; write exec before the program";
}

} // namespace baton::deploy
