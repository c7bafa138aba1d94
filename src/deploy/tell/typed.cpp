// SPDX-License-Identifier: MIT
#include "deploy/tell/typed.hpp"

#include <array>
#include <string_view>

namespace baton::deploy {
namespace {

using namespace std::string_view_literals;

/// As far as it tells a command from the same word in a sentence: "baton restarts it".
constexpr std::array k_commands{
    "systemctl "sv,    "journalctl -"sv, "baton add"sv,    "baton check"sv,    "baton deploy"sv,
    "baton history"sv, "baton logs"sv,   "baton remove"sv, "baton rollback"sv, "baton status"sv,
};
constexpr std::string_view k_option = " --user";

/// Of what a program said, in a reason; see evidence.cpp.
bool is_quoted(const std::string& text, std::size_t at) {
    const auto begin = text.rfind('\n', at);
    return begin != text.npos && text.substr(begin).starts_with("\n  | ");
}

bool is_in_a_word(const std::string& text, std::size_t at) {
    constexpr std::string_view k_of_words = "abcdefghijklmnopqrstuvwxyz-/";
    return at > 0 && k_of_words.find(text[at - 1]) != k_of_words.npos;
}

/// In a file's name, as quote() and shell_word() write it; an apostrophe follows a letter.
bool is_in_a_name(const std::string& text, std::size_t at) {
    const auto quote = at > 0 ? text.rfind('\'', at - 1) : text.npos;
    return quote != text.npos && (quote == 0 || text[quote - 1] == ' ' || text[quote - 1] == '(');
}

} // namespace

std::string typed_for(sd::Scope scope, std::string text) {
    if (scope == sd::Scope::system) return text;
    for (const auto command : k_commands)
        for (auto at = text.find(command); at != text.npos; at = text.find(command, at + 1)) {
            const auto option = at + command.find(' ');
            if (!is_in_a_word(text, at) && !is_in_a_name(text, at) && !is_quoted(text, at) &&
                !text.substr(option).starts_with(k_option))
                text.insert(option, k_option);
        }
    return text;
}

Error typed_for(sd::Scope scope, const Error& error) {
    return Error{typed_for(scope, std::string{error.what()}), error.kind(), typed_for(scope, error.hint())};
}

} // namespace baton::deploy
