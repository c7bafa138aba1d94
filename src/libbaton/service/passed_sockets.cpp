// SPDX-License-Identifier: MIT
#include "libbaton/service/passed_sockets.hpp"

#include "base/error.hpp"
#include "base/socket_name.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace baton::service {
namespace {

std::string_view port_of(std::string_view socket) {
    if (socket.starts_with('/')) return {};
    const auto colon = socket.rfind(':');
    return colon == socket.npos ? socket : socket.substr(colon + 1);
}

std::string list(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names)
        text += (text.empty() ? "'" : ", '") + name + "'";
    return text;
}

} // namespace

PassedSockets::PassedSockets(std::vector<sd::InheritedSocket> passed) : has_looked_{true}, sockets_{std::move(passed)} {
    for (const auto& socket : sockets_)
        names_.push_back(socket.name);
}

PassedSockets& PassedSockets::of_process() {
    static PassedSockets sockets;
    return sockets;
}

void PassedSockets::look() {
    if (std::exchange(has_looked_, true)) return;
    sockets_ = sd::take_inherited_sockets();
    for (const auto& socket : sockets_)
        names_.push_back(socket.name);
}

template <class Is>
std::vector<sd::InheritedSocket> PassedSockets::take_if(Is is) {
    const auto taken = std::stable_partition(sockets_.begin(), sockets_.end(), [&](const auto& it) { return !is(it); });
    std::vector<sd::InheritedSocket> sockets{std::move_iterator{taken}, std::move_iterator{sockets_.end()}};
    sockets_.erase(taken, sockets_.end());
    return sockets;
}

std::vector<sd::InheritedSocket> PassedSockets::take(const Claim& claim, int servers) {
    const std::lock_guard lock{mutex_};
    look();
    const auto is_http = [](const sd::InheritedSocket& it) { return it.name == k_http_socket_name; };
    if (!claim.name.empty() && !names_.empty()) {
        auto named = take_if([&](const sd::InheritedSocket& it) { return it.name == claim.name; });
        if (named.empty())
            throw Error{"taking the socket '" + claim.name + "': systemd passed " + list(names_) +
                            ", but none of that name is free",
                        error_kind::config, "Listen in watch.conf, or FileDescriptorName= of a socket unit, names it"};
        return named;
    }
    if (servers == 1) return take_if([](const auto&) { return true; });
    const auto listens_there = [&](const sd::InheritedSocket& it) {
        const auto socket = socket_name(it.fd.get());
        return socket == claim.socket || (!claim.socket.empty() && port_of(socket) == port_of(claim.socket));
    };
    const auto there = std::find_if(sockets_.begin(), sockets_.end(), listens_there);
    if (!claim.socket.empty() && there != sockets_.end() && !is_http(*there)) return take_if(listens_there);
    const bool has_http = std::find(names_.begin(), names_.end(), k_http_socket_name) != names_.end();
    return take_if([&](const sd::InheritedSocket& it) { return !has_http || is_http(it); });
}

bool PassedSockets::have_http() {
    const std::lock_guard lock{mutex_};
    return std::find(names_.begin(), names_.end(), k_http_socket_name) != names_.end();
}

std::string PassedSockets::left() {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> names;
    for (const auto& socket : sockets_)
        names.push_back(socket.name);
    return list(names);
}

} // namespace baton::service
