// SPDX-License-Identifier: MIT
#include "cli/progress.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>

#include <algorithm>
#include <cmath>

namespace baton::cli {
namespace {

constexpr std::size_t k_bar_columns = 20;

std::string bar(double done) {
    const auto share = std::clamp(std::isfinite(done) ? done : 0.0, 0.0, 1.0);
    const auto full = static_cast<std::size_t>(share * static_cast<double>(k_bar_columns));
    std::string text(full, '=');
    if (full < k_bar_columns) text += '>';
    text.resize(k_bar_columns, ' ');
    return fmt::format("[{}] {:>3.0f} %  ", text, std::floor(share * 100));
}

winsize size_of(int fd) noexcept {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return {};
    return size;
}

/// The first bytes of `text`, whole UTF-8 sequences only; a byte is taken for a column, which is never too wide.
std::string_view cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U)
        --bytes;
    return text.substr(0, bytes);
}

} // namespace

std::string progress_line(std::string_view label, std::string_view detail, std::optional<double> done,
                          std::chrono::nanoseconds took, std::size_t columns) {
    const auto begin = fmt::format("  {:<11}  ", label);
    const auto end = (done ? bar(*done) : std::string{}) + duration_text(took);
    const auto fixed = begin.size() + 2 + end.size() + 1; // a full last column may wrap
    const auto room = columns > fixed ? columns - fixed : 0;
    const auto line = fmt::format("{}{}  {}", begin, cut(detail, room), end);
    return std::string{cut(line, columns > 0 ? columns - 1 : 0)};
}

std::size_t columns_of(int fd) noexcept {
    const auto columns = size_of(fd).ws_col;
    return columns > 0 ? columns : 80;
}

std::size_t rows_of(int fd) noexcept {
    const auto rows = size_of(fd).ws_row;
    return rows > 0 ? rows : 24;
}

} // namespace baton::cli
