// SPDX-License-Identifier: MIT
#include "deploy/units/socket_options.hpp"

#include "base/file.hpp"
#include "deploy/units/program_env.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/units/unit_settings.hpp"
#include "sd/unit_list.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>

namespace baton::deploy {
namespace {

/// A release's start applies these, or systemd reads them while the socket exists; systemd.socket(5).
constexpr std::array<std::string_view, 14> k_applied{"Backlog",
                                                     "KeepAlive",
                                                     "KeepAliveTimeSec",
                                                     "KeepAliveIntervalSec",
                                                     "KeepAliveProbes",
                                                     "DeferAcceptSec",
                                                     "NoDelay",
                                                     "IPTOS",
                                                     "IPTTL",
                                                     "FileDescriptorName",
                                                     "TriggerLimitIntervalSec",
                                                     "TriggerLimitBurst",
                                                     "Service",
                                                     "RemoveOnStop"};

/// zz-baton.conf sets these last.
constexpr std::array<std::string_view, 2> k_overruled{"ListenStream", "Accept"};

std::filesystem::path options_path(const site::Store& store, int release) {
    return store.release_path(release) / "socket_options";
}

bool has_options(const site::Store& store) {
    const auto releases = store.releases();
    return std::any_of(releases.begin(), releases.end(),
                       [&](int release) { return ::access(options_path(store, release).c_str(), F_OK) == 0; });
}

bool is_anything_set(const SiteContext& context, const std::vector<std::string>& listeners) {
    return std::any_of(listeners.begin(), listeners.end(),
                       [&](const std::string& unit) { return !others_drop_ins(context.paths, unit).empty(); });
}

void write_options(const std::filesystem::path& path, const std::string& text) {
    write_file_atomically(path, fmt::format("BATON_SOCKET_OPTIONS={}\n", quote_env(text)));
}

/// In baton-exec's format.
std::string options_of(SiteContext& context, const site::Address& socket, const Reach& live) {
    const auto settings = context.manager.socket_settings(listener_unit(context.name(), context.record, socket));
    const bool tcp = socket.family != site::Address::Family::unix_path;
    return fmt::format("{}{}@{}", socket_options_text(settings, tcp), only_text(socket, live), socket.socket_name());
}

} // namespace

std::string socket_options_text(const sd::SocketSettings& settings, bool tcp) {
    using std::chrono::ceil;
    using std::chrono::seconds;
    constexpr std::uint32_t k_longest_backlog = 0x7FFFFFFF; // systemd's UINT_MAX means "as many as the kernel allows"
    auto text = fmt::format("backlog={}", std::min(settings.backlog, k_longest_backlog));
    const auto add = [&](std::string_view name, auto value) { text += fmt::format(",{}={}", name, value); };
    if (!tcp) return text;
    add("keep_alive", settings.keep_alive ? 1 : 0);
    add("no_delay", settings.no_delay ? 1 : 0);
    add("defer_accept", ceil<seconds>(settings.defer_accept).count());
    if (settings.keep_alive_time.count() > 0) add("keep_alive_time", ceil<seconds>(settings.keep_alive_time).count());
    if (settings.keep_alive_interval.count() > 0)
        add("keep_alive_interval", ceil<seconds>(settings.keep_alive_interval).count());
    if (settings.keep_alive_probes > 0) add("keep_alive_probes", settings.keep_alive_probes);
    if (settings.ip_tos >= 0) add("ip_tos", settings.ip_tos);
    if (settings.ip_ttl >= 0) add("ip_ttl", settings.ip_ttl);
    return text;
}

std::string only_text(const site::Address& socket, const Reach& live) {
    std::string text;
    for (const auto& address : live.addresses) {
        if (address.socket_name() == socket.socket_name()) return {};
        if (site::carrier(address, live.is_held).socket_name() == socket.socket_name()) text += ",only=" + address.host;
    }
    return text;
}

void write_socket_options(SiteContext& context, const site::Manifest& release, const Reach& live) {
    const auto sockets = site::carriers(release.conf.all_addresses(), live.is_held);
    const bool is_any_narrow = std::any_of(sockets.begin(), sockets.end(),
                                           [&](const site::Address& it) { return !only_text(it, live).empty(); });
    if (!is_any_narrow && !is_anything_set(context, listener_units(context.name(), context.record, sockets)) &&
        !has_options(context.store)) // undoes what is no longer set
        return;
    std::string text;
    for (const auto& socket : sockets)
        text += (text.empty() ? "" : " ") + options_of(context, socket, live);
    write_options(options_path(context.store, release.release), text);
}

sd::JobResult look_after_socket(SiteContext& context, const site::Address& socket, const Reach& live,
                                std::optional<int> ended) {
    const auto unit = listener_unit(context.name(), context.record, socket);
    const auto path = context.tries_path().parent_path() / ("socket_options@" + unit.substr(0, unit.rfind('.')));
    std::error_code error; // nothing there means nothing to remove
    std::filesystem::create_directories(path.parent_path(), error);
    std::string text;
    if (!only_text(socket, live).empty() || is_anything_set(context, {unit}))
        text = fmt::format("BATON_SOCKET_OPTIONS={}\n", quote_env(options_of(context, socket, live)));
    if (live.nonblocking) text += "BATON_NONBLOCKING=1\n";
    if (ended) text += fmt::format("BATON_SITE={}\nBATON_ENDED={}\n", context.name(), *ended);
    if (text.empty())
        std::filesystem::remove(path, error);
    else
        write_file_atomically(path, text);
    return context.manager.start(listen_unit(unit));
}

void put_sockets_right(SiteContext& context, int ended) {
    const auto live = context.store.live();
    const auto releases = context.store.releases();
    if (!live || *live == ended || std::find(releases.begin(), releases.end(), ended) == releases.end()) return;
    const auto release = context.store.manifest(ended);
    if (!release.live_since || release.proof == site::Proof::held) return; // libbaton sets nothing on them
    if (!sd::is_up(context.manager.status(handle_unit(context.name())).active_state)) return;
    const sd::UnitList units{
        context.manager.list({first_listener_unit(context.name()), moved_listener_pattern(context.name())})};
    const auto record = context.store.manifest(*live);
    const Reach reach{record.conf.all_addresses(), held_sockets(context.name(), context.record, units),
                      record.nonblocking.value_or(false)};
    for (const auto& socket : site::carriers(reach.addresses, reach.is_held))
        if (reach.is_held(socket)) (void)look_after_socket(context, socket, reach, ended);
}

IdleSettings idle_settings(const DropIn& drop_in) {
    IdleSettings found;
    const auto is_among = [](const auto& names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const auto& [section, name, value] : drop_in.settings) {
        if (section != "Socket" || is_among(k_applied, name)) continue;
        auto& list = is_among(k_overruled, name) ? found.overruled : found.of_new_sockets;
        if (!is_among(list, name)) list.push_back(name);
    }
    return found;
}

} // namespace baton::deploy
