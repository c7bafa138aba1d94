// SPDX-License-Identifier: MIT
#include "libbaton/http/accepted_codings.hpp"

#include "libbaton/http/characters.hpp"

#include <array>

namespace baton::http {
namespace {

/// weight = OWS ";" OWS "q=" qvalue; all zeros mean "not acceptable", section 12.4.2.
bool is_refused(std::string_view element) noexcept {
    const auto semicolon = element.find(';');
    if (semicolon == std::string_view::npos) return false;
    const auto weight = trim_blanks(element.substr(semicolon + 1));
    return same_word(weight.substr(0, 3), "q=0") && weight.find_first_not_of(".0", 3) == std::string_view::npos;
}

bool is_taken_for_another(std::string_view coding) noexcept {
    for (const std::string_view known : {"br", "gzip", "zstd"})
        if (coding.find(known) != std::string_view::npos && coding != known && coding != "x-gzip") return true;
    return false;
}

} // namespace

std::string accepted_codings(std::string_view value) {
    std::string kept;
    for_each_element(value, [&](std::string_view element) {
        if (is_refused(element) || is_taken_for_another(trim_blanks(element.substr(0, element.find(';'))))) return;
        kept.append(kept.empty() ? "" : ", ").append(element);
    });
    return kept;
}

} // namespace baton::http
