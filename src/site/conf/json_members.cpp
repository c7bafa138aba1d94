// SPDX-License-Identifier: MIT
#include "site/conf/json_members.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace baton::site {
namespace {

using Json = nlohmann::json;

/// Reads the text for nlohmann's lexer and counts the bytes taken.
class CountingIterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, std::size_t* taken) : at_{at}, taken_{taken} {}
    reference operator*() const { return *at_; }
    CountingIterator& operator++() {
        ++at_;
        ++*taken_;
        return *this;
    }
    CountingIterator operator++(int) {
        auto before = *this;
        ++*this;
        return before;
    }
    bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
    bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

  private:
    const char* at_;
    std::size_t* taken_;
};

class Reader final : public nlohmann::json_sax<Json> {
  public:
    Reader(std::string_view text, std::string_view name, JsonLimits limits)
        : text_{text}, name_{name}, limits_{limits} {}

    std::size_t* taken() { return &taken_; }
    std::vector<Member> members() && { return std::move(members_); }

    bool null() override { return value(nullptr); }
    bool boolean(bool v) override { return value(v); }
    bool number_integer(number_integer_t v) override { return value(v); }
    bool number_unsigned(number_unsigned_t v) override { return value(v); }
    bool number_float(number_float_t v, const string_t&) override { return value(v); }
    bool string(string_t& v) override { return value(std::move(v)); }
    bool binary(binary_t&) override { return true; } // JSON text has no binary values
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_array() override { return close(); }
    bool key(string_t& v) override;
    bool parse_error(std::size_t at, const std::string& last, const nlohmann::detail::exception& error) override;

  private:
    std::size_t token() {
        const auto start = text_.find_first_not_of(" \t\r\n:,", end_);
        end_ = taken_;
        return start == text_.npos ? text_.size() : start;
    }
    [[noreturn]] void refuse(std::size_t offset, std::string_view what) const {
        throw Error{fmt::format("reading {}: {}", position_text(text_, name_, offset), what), error_kind::config};
    }
    bool value(Json v) { return put(token(), std::move(v)); }
    bool put(std::size_t at, Json v);
    bool open(Json empty);
    bool close() {
        (void)token();
        --depth_;
        return true;
    }

    std::string_view text_;
    std::string_view name_;
    JsonLimits limits_;
    std::size_t taken_ = 0; ///< bytes read by the lexer; after a number, one more than its end
    std::size_t end_ = 0;   ///< the end of the last token, in the same count
    std::size_t depth_ = 0;
    std::vector<Member> members_;
};

bool Reader::put(std::size_t at, Json v) {
    if (depth_ == 0) refuse(at, fmt::format("found {}, expected an object {{...}}", v.type_name()));
    if (depth_ == 1) {
        members_.back().value_offset = at;
        members_.back().value = std::move(v);
    } else if (depth_ == 2 && members_.back().value.is_array()) {
        members_.back().value.push_back(std::move(v));
        members_.back().element_offsets.push_back(at);
    } else if (depth_ == 2) {
        members_.back().members.back().value_offset = at;
        members_.back().members.back().value = std::move(v);
    }
    return true;
}

bool Reader::open(Json empty) {
    const auto at = token();
    if (depth_ > 0 || !empty.is_object()) put(at, std::move(empty));
    if (++depth_ > limits_.depth) refuse(at, fmt::format("nested deeper than {} levels", limits_.depth));
    return true;
}

bool Reader::key(string_t& v) {
    const auto at = token();
    if (depth_ == 2 && members_.back().value.is_object())
        members_.back().members.push_back({std::move(v), at, 0, nullptr, {}, {}});
    if (depth_ != 1) return true;
    for (const auto& member : members_)
        if (member.key == v)
            refuse(at, fmt::format("found the key {} a second time; the first is at {}", quote(v),
                                   position_text(text_, name_, member.key_offset)));
    members_.push_back({std::move(v), at, 0, nullptr, {}, {}});
    return true;
}

bool Reader::parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 8: syntax error while parsing object - ..."
    std::string_view what = error.what();
    if (const auto column = what.find("column "); column != what.npos)
        if (const auto colon = what.find(": ", column); colon != what.npos) what.remove_prefix(colon + 2);
    const bool told = what.find("expected") != what.npos;
    refuse(std::min(at == 0 ? 0 : at - 1, text_.size()),
           printable(what) + (told ? "" : "; expected a JSON object {\"key\": value, ...}"));
}

} // namespace

std::string position_text(std::string_view text, std::string_view name, std::size_t offset) {
    const auto before = text.substr(0, std::min(offset, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto last = before.rfind('\n');
    const auto column = last == before.npos ? before.size() + 1 : before.size() - last;
    return fmt::format("{}:{}:{}", printable(name), line, column);
}

std::vector<Member> parse_json_members(std::string_view text, std::string_view name, JsonLimits limits) {
    if (text.find_first_not_of(" \t\r\n") == text.npos)
        throw Error{
            fmt::format("reading {}: the file is empty, expected an object {{...}}", position_text(text, name, 0)),
            error_kind::config};
    if (const auto nul = text.find('\0'); nul != text.npos) // nlohmann's lexer treats it as the end
        throw Error{fmt::format("reading {}: found a NUL byte", position_text(text, name, nul)), error_kind::config};
    Reader reader{text, name, limits};
    Json::sax_parse(CountingIterator{text.data(), reader.taken()},
                    CountingIterator{text.data() + text.size(), reader.taken()}, &reader);
    return std::move(reader).members();
}

} // namespace baton::site
