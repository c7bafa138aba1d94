// SPDX-License-Identifier: MIT
// watch.conf: what a site asks for. Parsed strictly: nothing malformed passes, and every refusal names file, line,
// column, the found and the expected value. The table of keys is in site/conf/conf_keys.cpp.
#pragma once

#include "base/socket_name.hpp"
#include "site/conf/conf_value.hpp"
#include "site/listen/address.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::site {

/// A socket of a release, with the name that its program gets.
struct NamedAddress {
    std::string name; ///< k_http_socket_name for HttpPort
    Address address;
};

/// What a release's program has as descriptor 0.
enum class StandardInput { null, socket };

struct WatchConf {
    std::vector<Address> addresses;         ///< HttpPort: 1..16; people are shown the first
    std::map<std::string, Address> listen;  ///< Listen: more sockets, by the name that the program gets
    std::string ver;                        ///< Ver: 1..128 printable bytes
    Seconds delay{0};                       ///< DelaySecond: quiet time after the last change, 0..86400 s
    std::string bin_name;                   ///< BinName: relative to the site's directory, no ".."
    std::vector<std::string> args;          ///< Args
    std::map<std::string, std::string> env; ///< Env: for the program, by name
    StandardInput standard_input{};         ///< StandardInput
    std::vector<std::string> exclude;       ///< Exclude: patterns for site::Excludes
    std::optional<std::string> sha256;      ///< Sha256: 64 lower-case hex digits
    std::optional<std::string> health_path; ///< HealthPath: begins with "/"
    std::optional<std::string> health_host; ///< HealthHost: the Host header of that request
    bool preflight = true;                  ///< Preflight: whether a release is tried on sockets of its own first
    Seconds probation{60};                  ///< ProbationSecond: 0..86400 s
    bool until_proven = false;              ///< UntilProven: whether a reload waits for the end of probation
    int keep_releases = 5;                  ///< KeepReleases: 2..1000

    /// All sockets, those of HttpPort first; no two overlap.
    [[nodiscard]] std::vector<NamedAddress> sockets() const;
    [[nodiscard]] std::vector<Address> all_addresses() const;

    bool operator==(const WatchConf&) const = default;
};

constexpr std::size_t k_most_addresses = 16; ///< HttpPort and Listen together

/// "8080", or "8080, /run/shop/http.sock".
[[nodiscard]] std::string addresses_text(const std::vector<Address>& addresses);

/// A key that baton does not know, and ignores.
struct UnknownKey {
    std::string name;
    std::string near; ///< the key that it was most likely meant to be; may be empty
};

struct ParsedWatchConf {
    WatchConf conf;
    std::vector<UnknownKey> unknown_keys;
    std::vector<std::string> warnings; ///< unknown keys, with a did-you-mean; each names file, line and column
};

constexpr std::size_t k_watch_conf_limit_bytes = 64 * 1024;
constexpr std::size_t k_watch_conf_limit_depth = 8;

/// Parses the text of a watch.conf; `name` is the file's name for messages. Throws only Error (config).
[[nodiscard]] ParsedWatchConf parse_watch_conf(std::string_view text, std::string_view name);

} // namespace baton::site
