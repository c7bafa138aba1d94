// SPDX-License-Identifier: MIT
#include "site/site_name.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace baton::site {
namespace {

constexpr std::size_t k_longest_name = 64;
constexpr std::size_t k_longest_user = 31; // UT_NAMESIZE - 1, systemd's valid_user_group_name()
constexpr std::string_view k_alphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789";

} // namespace

void check_site_name(std::string_view name) {
    const auto allowed = std::string{k_alphanumeric} + "._-";
    const bool fits = !name.empty() && name.size() <= k_longest_name && k_alphanumeric.find(name[0]) != name.npos &&
                      name.find_first_not_of(allowed) == name.npos;
    if (fits) return;
    throw Error{fmt::format("reading the site's name: found {}, expected 1 to {} of a-z, 0-9, '.', '_' and '-', "
                            "beginning with a letter or digit",
                            quote(name), k_longest_name),
                ErrorKind::usage};
}

std::string user_name(std::string_view site) {
    auto name = fmt::format("baton-{}", site);
    if (name.size() <= k_longest_user && name.find('.') == name.npos) return name;
    constexpr std::size_t k_digest_digits = 16;
    return "baton-" + sha256_hex(site).substr(0, k_digest_digits);
}

} // namespace baton::site
