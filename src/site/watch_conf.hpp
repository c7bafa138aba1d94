// SPDX-License-Identifier: MIT
// watch.conf: what a site asks for. Read strictly: nothing malformed gets past here, and every refusal names file,
// line, column, what was found and what was expected. The keys are the table in site/conf_keys.cpp.
#pragma once

#include "site/address.hpp"
#include "site/conf_value.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::site {

/// A socket of a release, under the name that its program gets it by.
struct NamedAddress {
    std::string name; ///< k_http_socket_name: of HttpPort
    Address address;
};

struct WatchConf {
    std::vector<Address> addresses;         ///< HttpPort: 1..16, of which the first is the one that people are told
    std::map<std::string, Address> listen;  ///< Listen: further sockets, by the name that the program gets them under
    std::string ver;                        ///< Ver: 1..128 printable bytes
    Seconds delay{0};                       ///< DelaySecond: quiet time after the last change, 0..86400 s
    std::string bin_name;                   ///< BinName: relative to the site's directory, no ".."
    std::vector<std::string> args;          ///< Args
    std::map<std::string, std::string> env; ///< Env: for the program, by name
    std::vector<std::string> exclude;       ///< Exclude: patterns for site::Excludes
    std::optional<std::string> sha256;      ///< Sha256: 64 lower-case hex digits
    std::optional<std::string> health_path; ///< HealthPath: begins with "/"
    std::optional<std::string> health_host; ///< HealthHost: the Host header of that question
    Seconds probation{60};                  ///< ProbationSecond: 0..86400 s
    int keep_releases = 5;                  ///< KeepReleases: 2..1000

    /// All of them, those of HttpPort first; no two overlap.
    [[nodiscard]] std::vector<NamedAddress> sockets() const;
    [[nodiscard]] std::vector<Address> all_addresses() const;

    bool operator==(const WatchConf&) const = default;
};

/// The name of those of HttpPort in $LISTEN_FDNAMES; sd_listen_fds_with_names(3).
constexpr std::string_view k_http_socket_name = "http";
constexpr std::size_t k_most_addresses = 16; ///< of HttpPort and Listen together

/// "8080", or "8080, /run/shop/http.sock".
[[nodiscard]] std::string addresses_text(const std::vector<Address>& addresses);

struct ParsedWatchConf {
    WatchConf conf;
    std::vector<std::string> warnings; ///< unknown keys, with a did-you-mean; each names file, line and column
};

constexpr std::size_t k_watch_conf_limit_bytes = 64 * 1024;
constexpr std::size_t k_watch_conf_limit_depth = 8;

/// Reads the text of a watch.conf; `name` is the file's name for messages. Throws Error (config), never anything else.
[[nodiscard]] ParsedWatchConf parse_watch_conf(std::string_view text, std::string_view name);

} // namespace baton::site
