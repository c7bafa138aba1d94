// SPDX-License-Identifier: MIT
#include "base/text.hpp"

#include "base/error.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace baton {
namespace {

using namespace std::chrono_literals;

/// The length of the valid UTF-8 sequence at the front of `s`, 0 if there is none (RFC 3629, section 4).
std::size_t utf8_length(std::string_view s) {
    const auto at = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
    const auto tail = [&](std::size_t i) { return (at(i) & 0xC0u) == 0x80u; };
    const unsigned c = at(0);
    if (c < 0x80) return 1;
    if (c >= 0xC2 && c <= 0xDF) return tail(1) ? 2 : 0;
    if (c >= 0xE0 && c <= 0xEF) {
        const bool overlong = c == 0xE0 && at(1) < 0xA0;
        const bool surrogate = c == 0xED && at(1) > 0x9F;
        return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (c >= 0xF0 && c <= 0xF4) {
        const bool overlong = c == 0xF0 && at(1) < 0x90;
        const bool beyond = c == 0xF4 && at(1) > 0x8F;
        return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

/// C0, DEL, C1 (U+0080..U+009F, which some terminals obey), and characters that end a line or change its direction:
/// U+200E, U+200F, U+2028..U+202E, U+2066..U+2069; Unicode Standard Annex 9.
bool is_control(std::string_view sequence) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (sequence.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
    if (sequence.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0;
    if (sequence.size() != 3 || byte(0) != 0xE2) return false;
    if (byte(1) == 0x81) return byte(2) >= 0xA6 && byte(2) <= 0xA9;
    const bool mark = byte(2) == 0x8E || byte(2) == 0x8F;
    return byte(1) == 0x80 && (mark || (byte(2) >= 0xA8 && byte(2) <= 0xAE));
}

std::string escape(std::string_view text, std::string_view also) {
    std::string out;
    out.reserve(text.size() + 2);
    while (!text.empty()) {
        const auto length = utf8_length(text);
        const auto sequence = text.substr(0, std::max<std::size_t>(length, 1));
        if (length == 0 || is_control(sequence) || also.find(sequence[0]) != also.npos)
            for (const char byte : sequence)
                out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        else
            out += sequence;
        text.remove_prefix(sequence.size());
    }
    return out;
}

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j)
        d[0][j] = j;
    const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t cost = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a.size()][b.size()];
}

} // namespace

std::string quote(std::string_view text) {
    return "'" + escape(text, "'\\") + "'";
}

std::string printable(std::string_view text) {
    return escape(text, {});
}

std::string shell_word(std::string_view text) {
    constexpr std::string_view k_plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-";
    if (!text.empty() && text.find_first_not_of(k_plain) == text.npos) return std::string{text};
    std::string word = "'";
    for (const char c : text)
        word += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return word + "'";
}

std::string_view did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    constexpr std::size_t k_longest_word = 64; // the table is quadratic
    constexpr std::size_t k_near = 2;
    std::string_view best;
    std::size_t best_distance = k_near + 1;
    if (word.size() > k_longest_word) return best;
    for (const auto candidate : candidates)
        if (const auto d = distance(word, candidate); d < best_distance && d < candidate.size()) {
            best = candidate;
            best_distance = d;
        }
    return best;
}

std::string iso8601(std::chrono::system_clock::time_point time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), ms);
}

std::chrono::system_clock::time_point parse_iso8601(std::string_view text) {
    std::tm tm{};
    const std::string copy{text};
    const auto refuse = [&] {
        throw Error{fmt::format("reading the time {}: not of the form 2026-11-22T13:08:00.123Z", quote(text))};
    };
    const char* rest = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
    const bool whole = rest != nullptr && copy.size() == std::string_view{"2026-11-22T13:08:00.123Z"}.size() &&
                       rest[0] == '.' && copy.back() == 'Z';
    const int year = tm.tm_year + 1900;
    if (!whole || year < 1678 || year > 2261) refuse(); // beyond, system_clock's 64 bits of nanoseconds overflow
    const auto ms = std::chrono::milliseconds{std::strtol(rest + 1, nullptr, 10)};
    const auto time = std::chrono::system_clock::from_time_t(::timegm(&tm)) + ms;
    if (iso8601(time) != text) refuse();
    return time;
}

std::string duration_text(std::chrono::nanoseconds d) {
    const double s = std::chrono::duration<double>(d).count();
    if (d < 999500us) return fmt::format("{:.0f} ms", s * 1e3);
    if (d < 59950ms) return fmt::format("{:.1f} s", s);
    const auto whole = std::chrono::round<std::chrono::seconds>(d).count();
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    if (whole < 86400) return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
    return fmt::format("{} d {} h", whole / 86400, whole / 3600 % 24);
}

std::string size_text(unsigned long long bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

} // namespace baton
