// SPDX-License-Identifier: MIT
#include "exec/sockets.hpp"

#include "base/fd.hpp"
#include "base/socket_name.hpp"
#include "exec/filter.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string_view>
#include <vector>

namespace baton {
namespace {

constexpr std::string_view k_only = "only="; // an address that a socket of more is reached at

struct Passed {
    Fd fd; ///< a duplicate, while the sockets are sorted
    std::string name;
    std::string socket;
};

std::string taken_variable(const char* name) {
    const char* const value = std::getenv(name);
    std::string text = value == nullptr ? "" : value;
    (void)::unsetenv(name); // the program's children must not inherit it
    return text;
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(at), text.size());
        parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::vector<Passed> passed_sockets() {
    const char* const counted = std::getenv("LISTEN_FDS");
    const auto count = counted == nullptr ? 0 : std::strtol(counted, nullptr, 10);
    const char* const listed = std::getenv("LISTEN_FDNAMES");
    const auto names = split(listed == nullptr ? "" : listed, ':');
    const bool are_named = names.size() == static_cast<std::size_t>(std::max(count, 0L)); // else a name contains a ':'
    std::vector<Passed> passed;
    for (int i = 0; i < count; ++i)
        passed.push_back({Fd{::fcntl(k_first_passed + i, F_DUPFD_CLOEXEC, k_first_passed + static_cast<int>(count))},
                          are_named ? std::string{names[static_cast<std::size_t>(i)]} : std::string{k_http_socket_name},
                          socket_name(k_first_passed + i)});
    return passed;
}

/// On a host without IPv6, "8080" means every IPv4 address.
bool is(const Passed& passed, std::string_view socket) {
    return passed.socket == socket ||
           (socket.find_first_of("/:") == socket.npos && passed.socket == "0.0.0.0:" + std::string{socket});
}

/// Whether that socket has the connections to `socket`, an address of its port, among others'.
bool carries(const Passed& passed, std::string_view socket) {
    const auto colon = socket.rfind(':');
    if (colon == socket.npos || socket.starts_with('/')) return false;
    const auto port = socket.substr(colon + 1);
    return passed.socket == port || (!socket.starts_with('[') && passed.socket == "0.0.0.0:" + std::string{port});
}

/// The one that `socket` is, or else that carries it.
std::vector<Passed>::iterator find(std::vector<Passed>& all, std::string_view socket) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Passed& it) { return is(it, socket); });
    if (found != all.end()) return found;
    return std::find_if(all.begin(), all.end(), [&](const Passed& it) { return carries(it, socket); });
}

struct Option {
    std::string_view name;
    int level;
    int option;
    int v6_level = 0; ///< if IPv6 has a different one
    int v6_option = 0;
};
constexpr std::array k_options{
    Option{"keep_alive", SOL_SOCKET, SO_KEEPALIVE},
    Option{"keep_alive_time", IPPROTO_TCP, TCP_KEEPIDLE},
    Option{"keep_alive_interval", IPPROTO_TCP, TCP_KEEPINTVL},
    Option{"keep_alive_probes", IPPROTO_TCP, TCP_KEEPCNT},
    Option{"defer_accept", IPPROTO_TCP, TCP_DEFER_ACCEPT},
    Option{"no_delay", IPPROTO_TCP, TCP_NODELAY},
    Option{"ip_tos", IPPROTO_IP, IP_TOS, IPPROTO_IPV6, IPV6_TCLASS},
    Option{"ip_ttl", IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS},
};

bool is_v6(int fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_INET6;
}

/// False on failure, also for an option that only a newer baton knows.
bool set_option(int fd, std::string_view name, int value) {
    errno = EINVAL;
    if (name == "backlog") // not of a socket that somebody has shut down: it would listen again, unknown to the release
        return is_listening(fd) && ::listen(fd, value) == 0; // on a listening socket, this only changes the queue
    const auto known =
        std::find_if(k_options.begin(), k_options.end(), [&](const Option& it) { return it.name == name; });
    if (known == k_options.end()) return false;
    if (known->v6_option != 0 && is_v6(fd))
        (void)::setsockopt(fd, known->v6_level, known->v6_option, &value, sizeof value); // for IPv6 connections
    return ::setsockopt(fd, known->level, known->option, &value, sizeof value) == 0;
}

/// `options`: "backlog=128,keep_alive=1,only=127.0.0.1". Reports an option that cannot be set; the program runs all the
/// same.
void apply(const Passed& passed, std::string_view options) {
    for (const auto option : split(options, ',')) {
        const auto equals = std::min(option.find('='), option.size());
        const auto digits = option.substr(std::min(equals + 1, option.size()));
        if (option.starts_with(k_only)) continue;
        int value = 0;
        (void)std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (!set_option(passed.fd.get(), option.substr(0, equals), value))
            (void)std::fprintf(stderr, "baton-exec: setting '%.*s' for the socket '%s': %s, continuing without it\n",
                               static_cast<int>(option.size()), option.data(), passed.socket.c_str(),
                               std::strerror(errno));
    }
}

/// An option that a program may have set; its connections, and those of all who share the socket, inherit it.
struct Default {
    const char* name;
    int level;
    int option;
    std::array<char, 16> value{}; ///< as setsockopt(2) takes it
    socklen_t size = sizeof(int);
};

template <typename Value>
Default make_default(const char* name, int level, int option, Value value) {
    Default made{.name = name, .level = level, .option = option, .size = sizeof value};
    static_assert(sizeof value <= sizeof made.value);
    std::memcpy(made.value.data(), &value, sizeof value);
    return made;
}

/// What it is set to; empty for a kind of socket that does not have it.
std::string value_of(int fd, const Default& wanted) {
    std::array<char, 16> value{};
    socklen_t size = wanted.size;
    if (::getsockopt(fd, wanted.level, wanted.option, value.data(), &size) < 0) return {};
    return {value.data(), size};
}

/// What was set, for people. Reads each option before and after: "not set" has several values.
std::string reset(const Passed& passed, const std::vector<Default>& defaults) {
    std::string names;
    for (const auto& wanted : defaults) {
        const auto before = value_of(passed.fd.get(), wanted);
        (void)::setsockopt(passed.fd.get(), wanted.level, wanted.option, wanted.value.data(), wanted.size);
        if (value_of(passed.fd.get(), wanted) != before)
            names += (names.empty() ? "" : ", ") + std::string{wanted.name};
    }
    return names;
}

/// Resets options that a previous release may have set: with them, clients more than one hop away may be ignored, or
/// replies lost. The settings of the unit are applied afterwards, so those are not told.
void reset_options(const std::vector<Passed>& sockets) {
    const std::vector<Default> others{make_default("SO_LINGER", SOL_SOCKET, SO_LINGER, linger{}),
                                      make_default("SO_RCVTIMEO", SOL_SOCKET, SO_RCVTIMEO, timeval{}),
                                      make_default("SO_SNDTIMEO", SOL_SOCKET, SO_SNDTIMEO, timeval{}),
                                      make_default("SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 0),
                                      make_default("TCP_CORK", IPPROTO_TCP, TCP_CORK, 0),
                                      make_default("TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 0),
                                      make_default("IP_MINTTL", IPPROTO_IP, IP_MINTTL, 0),
                                      make_default("IPV6_MINHOPCOUNT", IPPROTO_IPV6, IPV6_MINHOPCOUNT, 0)};
    const std::vector<Default> of_the_unit{make_default("IP_TTL", IPPROTO_IP, IP_TTL, -1),
                                           make_default("IPV6_UNICAST_HOPS", IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1),
                                           make_default("TCP_DEFER_ACCEPT", IPPROTO_TCP, TCP_DEFER_ACCEPT, 0),
                                           make_default("TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1)};
    const auto ended = taken_variable("BATON_ENDED");
    for (const auto& passed : sockets) {
        const auto names = reset(passed, others);
        (void)reset(passed, of_the_unit);
        (void)::setsockopt(passed.fd.get(), SOL_SOCKET, SO_BINDTODEVICE, "", 0);
        if (names.empty()) continue;
        (void)std::fprintf(stderr, "baton-exec: the socket '%s', which all releases share, had %s set%s: set back\n",
                           passed.socket.c_str(), names.c_str(),
                           ended.empty() ? "" : (" when release " + ended + " had left").c_str());
    }
}

/// O_NONBLOCK belongs to the open file description, which all releases share, and systemd sets or clears it at each
/// start (NonBlocking=). So it is as the live release needs it.
void set_blocking_mode(const std::vector<Passed>& sockets) {
    const char* const place = std::getenv("BATON_PRIVATE_SOCKET");
    const bool for_the_live_one = place != nullptr && std::string_view{place} == "-"; // baton-listen@
    const bool nonblocking = !taken_variable("BATON_NONBLOCKING").empty();
    const bool blocking = !taken_variable("BATON_BLOCKING").empty();
    if (!blocking && (!for_the_live_one || nonblocking)) return;
    for (const auto& passed : sockets)
        if (const int flags = ::fcntl(passed.fd.get(), F_GETFL); (flags & O_NONBLOCK) != 0)
            (void)::fcntl(passed.fd.get(), F_SETFL, flags & ~O_NONBLOCK);
}

/// With none: what a release before may have set goes. Only root may set one on some kernels: a release finds it set.
[[nodiscard]] bool apply_filter(const Passed& passed, std::string_view options) {
    std::vector<std::string_view> hosts;
    for (const auto option : split(options, ','))
        if (option.starts_with(k_only)) hosts.push_back(option.substr(k_only.size()));
    return set_filter(passed.fd.get(), hosts);
}

/// Returns the sockets whose filter could not be set.
std::string apply_options(const std::vector<Passed>& sockets) {
    std::string unfiltered;
    const auto text = taken_variable("BATON_SOCKET_OPTIONS");
    const auto words = split(text, ' ');
    for (const auto& passed : sockets) {
        std::string_view options;
        for (const auto word : words) {
            const auto at = std::min(word.find('@'), word.size());
            if (is(passed, word.substr(std::min(at + 1, word.size())))) options = word.substr(0, at);
        }
        if (!apply_filter(passed, options))
            unfiltered += (unfiltered.empty() ? "" : ", ") + passed.socket + " (" + std::strerror(errno) + ")";
        apply(passed, options);
    }
    return unfiltered;
}

/// Gives the sockets their final numbers, from 3 on, without close-on-exec.
void hand_over(const std::vector<Passed>& sockets) {
    std::string names;
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        (void)::dup2(sockets[i].fd.get(), k_first_passed + static_cast<int>(i));
        names += (i == 0 ? "" : ":") + sockets[i].name;
    }
    (void)::setenv("LISTEN_FDNAMES", names.c_str(), 1);
}

} // namespace

ArrangedSockets arrange_sockets() {
    auto rest = passed_sockets();
    std::vector<Passed> sorted;
    std::string missing;
    const auto wanted = taken_variable("BATON_SOCKETS");
    for (const auto word : split(wanted, ' ')) {
        const auto equals = std::min(word.find('='), word.size());
        const auto name = word.substr(0, equals);
        const auto socket = word.substr(std::min(equals + 1, word.size()));
        const auto found = find(rest, socket);
        if (found == rest.end()) {
            if (find(sorted, socket) != sorted.end()) continue; // it has another of the release's as well
            missing += (missing.empty() ? "" : " ") + std::string{word};
            continue;
        }
        if (name != k_http_socket_name) found->name = name; // sockets of HttpPort keep their unit's name
        sorted.push_back(std::move(*found));
        rest.erase(found);
    }
    std::move(rest.begin(), rest.end(), std::back_inserter(sorted));
    set_blocking_mode(sorted);
    reset_options(sorted);
    auto unfiltered = apply_options(sorted);
    if (!sorted.empty()) hand_over(sorted);
    return {std::move(missing), std::move(unfiltered)};
}

} // namespace baton
