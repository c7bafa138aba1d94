// SPDX-License-Identifier: MIT
#include "deploy/units/may_listen.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"
#include "site/listen_policy.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

constexpr std::size_t k_longest_unit_name = 255; // UNIT_NAME_MAX, systemd.unit(5)

/// The address is part of the names, and each byte of it that a name does not have takes four.
void require_unit_name(const std::string& site, const site::SiteRecord& record, const site::Address& address) {
    const auto unit = activation_unit(listener_unit(site, record, address));
    if (unit.size() > k_longest_unit_name)
        throw Error{
            fmt::format("listening on {}: the path is too long for the name of its socket unit", quote(address.text())),
            ErrorKind::config, "choose a shorter one, of letters, digits, '_' and '.'"};
}

} // namespace

void require_may_listen(const std::string& site, const site::SiteRecord& record,
                        const std::vector<site::Address>& addresses, Registered registered) {
    auto policy = site::listen_policy(site, record.listen);
    policy.is_registered = registered == Registered::yes;
    for (const auto& address : addresses) {
        site::require_may_listen(policy, address);
        site::require_safe_path(address);
        require_unit_name(site, record, address);
    }
}

void require_apart_from_live(const site::Store& store, const std::vector<site::Address>& addresses) {
    const auto live = store.live();
    if (!live) return;
    for (const auto& of_live : store.manifest(*live).conf.all_addresses())
        for (const auto& address : addresses)
            if (site::are_mixed({of_live}, {address}))
                throw Error{
                    fmt::format("listening on {}: it overlaps {}, where the live release listens, and a host has "
                                "one of them at a time",
                                quote(address.text()), quote(of_live.text())),
                    ErrorKind::config, "choose another port, or go by another one: two edits"};
}

} // namespace baton::deploy
