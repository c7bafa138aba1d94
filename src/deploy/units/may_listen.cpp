// SPDX-License-Identifier: MIT
#include "deploy/units/may_listen.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"
#include "site/listen/listen_policy.hpp"
#include "site/listen/listening.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {
namespace {

constexpr std::size_t k_longest_unit_name = 255; // UNIT_NAME_MAX, systemd.unit(5)

/// The unit names contain the address; each byte that a name may not contain takes four.
void require_unit_name(const std::string& site, const site::SiteRecord& record, const site::Address& address) {
    const auto unit = activation_unit(listener_unit(site, record, address));
    if (unit.size() > k_longest_unit_name)
        throw Error{
            fmt::format("listening on {}: the path is too long for the name of its socket unit", quote(address.text())),
            error_kind::config, "choose a shorter one, of letters, digits, '_' and '.'"};
}

bool is_among(const std::vector<site::Address>& addresses, const site::Address& address) {
    return std::any_of(addresses.begin(), addresses.end(),
                       [&](const site::Address& it) { return it.socket_name() == address.socket_name(); });
}

std::vector<site::NamedAddress> sockets_of(const site::Store& store) {
    const auto live = store.live();
    return live ? store.manifest(*live).conf.sockets() : std::vector<site::NamedAddress>{};
}

std::string by_another_port(const site::Address& address) {
    return fmt::format(
        "choose another port, or move in two steps: first to any other port and, when that is live, to {}",
        address.text());
}

/// `one` uses the socket that is bound to `carrier`; some of `others` may use it too.
void require_one_name(const site::NamedAddress& one, const site::Address& carrier,
                      const std::vector<site::NamedAddress>& others, const site::IsHeld& is_held) {
    for (const auto& other : others)
        if (other.name != one.name && site::carrier(other.address, is_held).socket_name() == carrier.socket_name())
            throw Error{fmt::format("listening on {} as {}: {}, of which {} is {}, is one socket until the site has "
                                    "been stopped and started",
                                    quote(one.address.text()), quote(one.name), carrier.text(),
                                    quote(other.address.text()), quote(other.name)),
                        error_kind::config, by_another_port(one.address)};
}

void require_apart(const site::Address& address, const std::vector<site::Address>& held) {
    for (const auto& socket : held)
        if (site::are_mixed({socket}, {address}))
            throw Error{
                fmt::format("listening on {}: it includes {}, where the live release listens, and a host can have "
                            "only one of them at a time",
                            quote(address.text()), quote(socket.text())),
                error_kind::config, by_another_port(address)};
}

} // namespace

void require_may_listen(const Paths& paths, const std::string& site, const site::SiteRecord& record,
                        const std::vector<site::Address>& addresses, Registered registered) {
    auto policy = paths.scope == sd::Scope::user ? site::listen_policy_of_user(site, paths.owner, paths.runtime)
                                                 : site::listen_policy(site, record.listen);
    policy.is_registered = registered == Registered::yes;
    for (const auto& address : addresses) {
        site::require_may_listen(policy, address);
        site::require_safe_path(address, paths.owner);
        require_unit_name(site, record, address);
    }
}

std::vector<site::Address> sockets_of_live(const site::Store& store) {
    std::vector<site::Address> addresses;
    for (const auto& socket : sockets_of(store))
        addresses.push_back(socket.address);
    const auto now = site::Listening::now();
    return site::carriers(addresses, [&](const site::Address& address) { return now.at(address); });
}

void require_apart_from_live(const site::Store& store, const site::WatchConf& conf) {
    const auto held = sockets_of_live(store);
    const site::IsHeld is_held = [&](const site::Address& address) { return is_among(held, address); };
    const auto wanted = conf.sockets();
    for (const auto& socket : wanted) {
        const auto carrier = site::carrier(socket.address, is_held);
        if (!is_held(carrier)) require_apart(socket.address, held);
        if (carrier.socket_name() == socket.address.socket_name()) continue;
        require_one_name(socket, carrier, wanted, is_held);
        require_one_name(socket, carrier, sockets_of(store), is_held);
    }
}

} // namespace baton::deploy
