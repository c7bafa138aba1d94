// SPDX-License-Identifier: MIT
// The members of a JSON object, each with its line and column, and what is refused before any key is looked at.
#include "site/conf/json_members.hpp"

#include "error_of.hpp"

#include <doctest/doctest.h>

#include <string>

namespace baton::site {
namespace {

using namespace std::string_view_literals;
using test::contains;
using test::error_of;

std::vector<Member> parse(std::string_view text) {
    return parse_json_members(text, "f", {8});
}

Error refusal(std::string_view text) {
    auto error = error_of([&] { return parse(text); });
    CHECK(error.kind() == error_kind::config);
    return error;
}

TEST_CASE("lines and columns count from 1, columns in bytes") {
    CHECK(position_text("ab\ncd", "f", 0) == "f:1:1");
    CHECK(position_text("ab\ncd", "f", 2) == "f:1:3");
    CHECK(position_text("ab\ncd", "f", 3) == "f:2:1");
    CHECK(position_text("ab\ncd", "f", 5) == "f:2:3");
    CHECK(position_text("ab\ncd", "f", 999) == "f:2:3");
    CHECK(position_text("\xC3\xA4z", "f", 2) == "f:1:3");
    CHECK(position_text("x", "a\nb", 0) == R"(a\x0ab:1:1)");
}

TEST_CASE("every key and value has its place, whatever stands between them") {
    const std::string_view text =
        "\n{ \"a\" : 12,\t\"b\":[1, 22 ,\"x\",[3],{\"y\":4}],\r\n  \"c\":{\"d\":[5]} ,\"e\":true}\n";
    const auto members = parse(text);
    REQUIRE(members.size() == 4);
    const auto at = [&](std::size_t offset) { return position_text(text, "f", offset); };
    CHECK(at(members[0].key_offset) == "f:2:3");
    CHECK(at(members[0].value_offset) == "f:2:9");
    CHECK(at(members[1].key_offset) == "f:2:13");
    CHECK(at(members[1].value_offset) == "f:2:17");
    CHECK(at(members[2].key_offset) == "f:3:3");
    CHECK(at(members[2].value_offset) == "f:3:7");
    CHECK(at(members[3].key_offset) == "f:3:18");
    CHECK(at(members[3].value_offset) == "f:3:22");
    REQUIRE(members[1].element_offsets.size() == 5);
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(text.substr(members[1].element_offsets[i], 1) == (std::array{"1", "2", "\"", "[", "{"})[i]);
    CHECK(members[1].value == nlohmann::json::parse(R"([1, 22, "x", [], {}])"));
    CHECK(members[2].value == nlohmann::json::object());
    CHECK(members[3].value == true);
}

TEST_CASE("an empty object has no members") {
    CHECK(parse("{}").empty());
    CHECK(parse(" \r\n\t{ } ").empty());
}

TEST_CASE("an empty file is told from a malformed one") {
    for (const std::string_view text : {"", " ", "\n\n", "\t\r\n"})
        CHECK(std::string{refusal(text).what()} == "reading f:1:1: the file is empty, expected an object {...}");
}

TEST_CASE("the top level must be an object") {
    CHECK(std::string{refusal("[1]").what()} == "reading f:1:1: found array, expected an object {...}");
    CHECK(std::string{refusal("\n 12").what()} == "reading f:2:2: found number, expected an object {...}");
    CHECK(std::string{refusal("\"x\"").what()} == "reading f:1:1: found string, expected an object {...}");
    CHECK(std::string{refusal("null").what()} == "reading f:1:1: found null, expected an object {...}");
}

TEST_CASE("a key given twice is refused at the second, with the place of the first") {
    CHECK(std::string{refusal("{\"a\":1,\n \"b\":2, \"a\":3}").what()} ==
          "reading f:2:9: found the key 'a' a second time; the first is at f:1:2");
    CHECK(contains(refusal(R"({"a":1,"\u0061":2})").what(), "f:1:8: found the key 'a' a second time"));
}

TEST_CASE("nesting ends at the limit, however deep the text goes on") {
    const auto nested = [](std::size_t depth) {
        return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
    };
    CHECK(parse(nested(8)).size() == 1);
    CHECK(std::string{refusal(nested(9)).what()} == "reading f:1:13: nested deeper than 8 levels");
    CHECK(std::string{refusal(nested(100'000)).what()} == "reading f:1:13: nested deeper than 8 levels");
    std::string objects = "{";
    for (int i = 0; i < 50'000; ++i)
        objects += "\"a\":{";
    CHECK(contains(refusal(objects).what(), "nested deeper than 8 levels"));
}

TEST_CASE("a syntax error is told where it is") {
    CHECK(contains(refusal("{\"a\" 1}").what(), "reading f:1:6: "));
    CHECK(contains(refusal("{\"a\":1,}").what(), "reading f:1:8: "));
    CHECK(contains(refusal("{\n\"a\":1\n\"b\":2}").what(), "reading f:3:3: "));
    CHECK(contains(refusal("{'a':1}").what(), "reading f:1:2: "));
    CHECK(contains(refusal("{a:1}").what(), "reading f:1:2: "));
    CHECK(contains(refusal("{\"a\":1} x").what(), "reading f:1:9: "));
    CHECK(contains(refusal("{\"a\":1}{}").what(), "reading f:1:8: "));
    CHECK(contains(refusal("{\"a\":nul}").what(), "reading f:1:9: "));
    CHECK(contains(refusal("{\"a\":01}").what(), "reading f:1:7: "));
    CHECK(contains(refusal("{\"a\":1 // why\n}").what(), "reading f:1:8: "));
    CHECK(contains(refusal("{\"a\":NaN}").what(), "reading f:1:6: "));
}

TEST_CASE("a number that no double holds is refused") {
    CHECK(contains(refusal("{\"a\":1e999}").what(), "reading f:1:"));
}

TEST_CASE("bytes that are no UTF-8 are refused, and do not reach the terminal") {
    for (const std::string_view text :
         {"{\"a\":\"\xFF\"}", "{\"a\":\"\xC0\xAF\"}", "{\"a\":\"\xED\xA0\x80\"}", "{\"\xE2\x82\":1}", "\xFE{}"}) {
        const auto error = refusal(text);
        CHECK(contains(error.what(), "reading f:1:"));
        CHECK(std::string_view{error.what()}.find_first_of("\xFF\xC0\xED\xE2\xFE") == std::string_view::npos);
    }
    CHECK(contains(refusal(R"({"a":"\ud800"})").what(), "reading f:1:"));
}

TEST_CASE("a control character in a string is refused, its escape is not") {
    CHECK(contains(refusal("{\"a\":\"x\ny\"}").what(), "reading f:1:8: "));
    CHECK(parse(R"({"a":"x\ny"})").front().value == "x\ny");
    CHECK(parse(R"({"a":"\u0000"})").front().value == std::string(1, '\0'));
}

TEST_CASE("a NUL is malformed wherever it stands") {
    for (const std::string_view text : {"{\"a\":1}\0"sv, "{\"a\":1}\0garbage"sv, "{\"a\":1}\0{\"b\":2}"sv}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)parse(text), Error);
    }
}

TEST_CASE("a NUL before the end is malformed") {
    for (const std::string_view text : {"\0"sv, "{\0\"a\":1}"sv,
                                        "{\"a\":\0"
                                        "1}"sv,
                                        "{\"a\0\":1}"sv, "{\"a\":1\0}"sv})
        CHECK(contains(refusal(text).what(), "reading f:1:"));
}

TEST_CASE("a byte order mark at the front is skipped, one elsewhere is malformed") {
    CHECK(parse("\xEF\xBB\xBF{\"a\":1}").size() == 1);
    CHECK(contains(refusal("\xEF\xBB{}").what(), "reading f:1:"));
    CHECK(contains(refusal("{\xEF\xBB\xBF\"a\":1}").what(), "reading f:1:2: "));
    CHECK(contains(refusal("\xEF\xBB\xBF").what(), "reading f:1:"));
    CHECK(contains(refusal("\xFF\xFE{\0}\0"sv).what(), "reading f:1:")); // UTF-16
}

} // namespace
} // namespace baton::site
