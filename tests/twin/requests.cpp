// SPDX-License-Identifier: MIT
#include "requests.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace twin {
namespace {

struct Variant {
    const char* name;
    const char* fields;
    const char* version = "HTTP/1.1";
};

constexpr std::array k_get_variants{
    Variant{"", ""},
    Variant{"gzip", "Accept-Encoding: gzip\r\n"},
    Variant{"range", "Range: bytes=2-4\r\n"},
    Variant{"1.0", "", "HTTP/1.0"},
    Variant{"expect", "Expect: 100-continue\r\n"},
    Variant{"expect gzip", "Expect: 100-continue\r\nAccept-Encoding: gzip\r\n"},
    Variant{"expect range", "Expect: 100-continue\r\nRange: bytes=2-4\r\n"},
    Variant{"fields", "X-One: 1\r\nx-one: 2\r\nCookie: a=b; c=d\r\nUser-Agent: twin\r\n"},
};

constexpr std::array k_targets{
    "/plain",
    "/plain?a=1&b=%20x+y&a=2",
    "/%70lain",
    "/%u0070lain",
    "/%u20ac%u00E9%u0000%ud800%u12%uzzzz%7",
    "/v1/items/12",
    "/v1/items/12:cancel",
    "/host:ab/x",
    "/digit/7",
    "/digit/x",
    "/w1/thing",
    "/w3/thing",
    "/abc",
    "/a/b/c",
    "/nowhere",
    "/blocked",
    "/redirect",
    "/none",
    "/unchanged",
    "/forbidden",
    "/throw",
    "/nothing",
    "/long",
    "/binary",
    "/fields",
    "/provided",
    "/chunks",
    "/endless",
    "/files/a.txt",
    "/files/no.txt",
    "/missing-with-body",
    "/own-keep-alive",
    "/plain/",
    "/both",
    "/unwelcome",
};

constexpr std::array k_bodies{
    std::pair{"text", "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc"},
    std::pair{"empty", "Content-Length: 0\r\n\r\n"},
    std::pair{"chunked", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"},
    std::pair{"form", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\na=1&b=%41+c"},
    std::pair{"multipart",
              "Content-Type: multipart/form-data; boundary=zz\r\nContent-Length: 91\r\n\r\n--zz\r\n"
              "Content-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\n\r\nhello, parts!\r\n--zz--\r\n"},
    std::pair{"gzip", "Accept-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"},
    std::pair{"expect", "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"},
    std::pair{"expect gzip", "Expect: 100-continue\r\nAccept-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"},
    std::pair{"expect range", "Expect: 100-continue\r\nRange: bytes=2-4\r\nContent-Length: 3\r\n\r\nabc"},
    std::pair{"expect chunked",
              "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"},
    std::pair{"json", "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}"},
};

void add(std::vector<Question>& questions, const std::string& method, const std::string& target,
         const std::string& variant, const std::string& fields_and_body, const char* version = "HTTP/1.1") {
    const auto name = method + " " + target + (variant.empty() ? "" : " " + variant);
    const auto id = "q" + std::to_string(questions.size());
    questions.push_back({name, id,
                         method + " " + target + " " + version + "\r\nHost: twin\r\nConnection: close\r\nX-Id: " + id +
                             "\r\n" + fields_and_body,
                         method == "HEAD"});
}

struct Difference {
    std::string_view part; ///< of the name; "=" before it: the whole name
    const char* why;
};

constexpr std::array k_differences{
    Difference{" range", "ranges are settled by RFC 9110: httplib 0.11 applies them to every method and status"},
    Difference{" /none", "no Content-Length with 204, RFC 9110 section 8.6"},
    Difference{" /unchanged", "no Content-Length of a body that a 304 stands for and nobody knows"},
    Difference{"=GET /chunks 1.0", "a 1.0 client knows no chunks, RFC 9112 section 6.1"},
    Difference{"=DELETE /echo chunked", "a DELETE may have a chunked body; httplib 0.11 reads none"},
    Difference{"=DELETE /echo expect chunked", "a DELETE may have a chunked body; httplib 0.11 reads none"},
};

} // namespace

std::vector<Question> all_questions() {
    std::vector<Question> questions;
    for (const auto* const target : k_targets)
        for (const auto& variant : k_get_variants)
            add(questions, "GET", target, variant.name, std::string{variant.fields} + "\r\n", variant.version);
    for (const auto* const target : k_targets)
        for (const auto& [variant, fields, version] : {k_get_variants[0], k_get_variants[1], k_get_variants[5]})
            add(questions, "HEAD", target, variant, std::string{fields} + "\r\n", version);
    for (const auto* const target : {"/echo", "/both", "/both2", "/nowhere", "/blocked", "/unwelcome"})
        for (const auto* const method : {"POST", "PUT", "PATCH", "DELETE"})
            for (const auto& [variant, rest] : k_bodies)
                add(questions, method, target, variant, rest);
    for (const auto* const target : {"/plain", "/nowhere"})
        add(questions, "OPTIONS", target, "", "\r\n");
    return questions;
}

std::string why_different(const std::string& name) {
    for (const auto& [part, why] : k_differences)
        if (part.front() == '=' ? name == part.substr(1) : name.find(part) != std::string::npos) return why;
    return {};
}

} // namespace twin
