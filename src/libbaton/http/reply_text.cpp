// SPDX-License-Identifier: MIT
#include "libbaton/http/reply_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

namespace baton::http {
namespace {

using Phrase = std::pair<int, std::string_view>;
constexpr std::array k_phrases{
    Phrase{100, "Continue"},
    Phrase{101, "Switching Protocols"},
    Phrase{102, "Processing"},
    Phrase{103, "Early Hints"},
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{203, "Non-Authoritative Information"},
    Phrase{204, "No Content"},
    Phrase{205, "Reset Content"},
    Phrase{206, "Partial Content"},
    Phrase{207, "Multi-Status"},
    Phrase{208, "Already Reported"},
    Phrase{226, "IM Used"},
    Phrase{300, "Multiple Choices"},
    Phrase{301, "Moved Permanently"},
    Phrase{302, "Found"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{305, "Use Proxy"},
    Phrase{307, "Temporary Redirect"},
    Phrase{308, "Permanent Redirect"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{402, "Payment Required"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{406, "Not Acceptable"},
    Phrase{407, "Proxy Authentication Required"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{410, "Gone"},
    Phrase{411, "Length Required"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{416, "Range Not Satisfiable"},
    Phrase{417, "Expectation Failed"},
    Phrase{418, "I'm a teapot"}, // unused, RFC 9110 section 15.5.19; httplib has it
    Phrase{421, "Misdirected Request"},
    Phrase{422, "Unprocessable Content"},
    Phrase{423, "Locked"},
    Phrase{424, "Failed Dependency"},
    Phrase{425, "Too Early"},
    Phrase{426, "Upgrade Required"},
    Phrase{428, "Precondition Required"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{451, "Unavailable For Legal Reasons"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{505, "HTTP Version Not Supported"},
    Phrase{507, "Insufficient Storage"},
    Phrase{511, "Network Authentication Required"},
};

/// Not strftime(3), which would use the program's locale for the names.
void write_date(const std::tm& utc, char* text, std::size_t size) noexcept {
    constexpr std::string_view k_days = "SunMonTueWedThuFriSat";
    constexpr std::string_view k_months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    (void)std::snprintf(text, size, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", k_days.data() + 3 * utc.tm_wday,
                        utc.tm_mday, k_months.data() + 3 * utc.tm_mon, utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                        utc.tm_sec);
}

} // namespace

std::string_view reason_phrase(int status) noexcept {
    const auto* const found = std::lower_bound(k_phrases.begin(), k_phrases.end(), status,
                                               [](const Phrase& phrase, int wanted) { return phrase.first < wanted; });
    return found != k_phrases.end() && found->first == status ? found->second : "Unknown";
}

std::string_view date_now() noexcept {
    thread_local std::array<char, 64> text{};
    thread_local std::time_t made_at = 0;
    timespec time{};
    (void)::clock_gettime(CLOCK_REALTIME_COARSE, &time);
    if (time.tv_sec != made_at) {
        std::tm utc{};
        (void)::gmtime_r(&time.tv_sec, &utc);
        write_date(utc, text.data(), text.size());
        made_at = time.tv_sec;
    }
    return {text.data()};
}

std::string format(const OwnReply& reply) {
    std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " ";
    text.append(reason_phrase(reply.status)).append("\r\nContent-Type: ").append(reply.content_type);
    text.append("\r\nContent-Length: ").append(std::to_string(reply.body.size()));
    text.append("\r\nDate: ").append(date_now());
    text.append(reply.close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
    if (!reply.head_only) text.append(reply.body);
    return text;
}

} // namespace baton::http
