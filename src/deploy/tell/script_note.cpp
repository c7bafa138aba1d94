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

bool has_word(std::string_view text, std::string_view word) {
    const auto is_end = [&](std::size_t at) { return at >= text.size() || k_word.find(text[at]) == k_word.npos; };
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1))
        if ((at == 0 || is_end(at - 1)) && is_end(at + word.size())) return true;
    return false;
}

} // namespace

std::string script_note(const fs::path& program) {
    const auto line = script_line_of(program);
    if (!line) return {};
    if (auto fault = script_fault(*line); !fault.empty()) return "; " + fault;
    std::string text(k_read_bytes, '\0');
    std::ifstream file{program, std::ios::binary};
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!is_shell(*line) || has_word(text, "exec")) return {};
    return "; it is a shell script without 'exec': it starts its program as a child, but LISTEN_PID= and READY=1 are "
           "for the script's own process only; write exec before the program";
}

} // namespace baton::deploy
