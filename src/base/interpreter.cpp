// SPDX-License-Identifier: MIT
#include "base/interpreter.hpp"

#include "base/fd.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace baton {
namespace {

constexpr std::size_t k_line_bytes = 256; // BINPRM_BUF_SIZE, linux/binfmts.h: the kernel reads no more of the file
constexpr std::string_view k_blanks = " \t";

/// The text in quotes, with invisible characters made visible.
std::string visible(std::string_view text) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    std::string shown = "'";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\r')
            shown += "\\r";
        else if (byte < 0x20 || byte >= 0x7F)
            shown.append("\\x").append(1, k_digits[byte / 16]).append(1, k_digits[byte % 16]);
        else
            shown += c;
    }
    return shown + "'";
}

} // namespace

std::optional<ScriptLine> script_line_of(const std::string& program) {
    const Fd fd{::open(program.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    std::array<char, k_line_bytes> buffer{};
    const auto length = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
    std::string_view line{buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
    if (!line.starts_with("#!")) return std::nullopt;
    line = line.substr(2, line.find('\n') - 2);
    line.remove_prefix(std::min(line.find_first_not_of(k_blanks), line.size()));
    const auto end = std::min(line.find_first_of(k_blanks), line.size());
    ScriptLine found{std::string{line.substr(0, end)}, {}};
    line.remove_prefix(end);
    line.remove_prefix(std::min(line.find_first_not_of(k_blanks), line.size()));
    found.argument = line.substr(0, line.find_last_not_of(k_blanks) + 1);
    return found;
}

std::string script_fault(const ScriptLine& line) {
    if (line.interpreter.empty()) return "its '#!' line names no interpreter";
    const bool returns = line.interpreter.ends_with('\r') || line.argument.ends_with('\r');
    if (returns)
        return "its '#!' line names " + visible(line.interpreter + (line.argument.empty() ? "" : " " + line.argument)) +
               ", with a carriage return at its end, as Windows ends lines; sed -i 's/\\r$//' FILE removes them";
    if (line.interpreter.starts_with('/') && ::access(line.interpreter.c_str(), F_OK) < 0)
        return "the interpreter " + visible(line.interpreter) + " in its '#!' line does not exist here";
    return {};
}

} // namespace baton
