// SPDX-License-Identifier: MIT
// Any bytes as watch.conf: accepted, or refused as Error (config) in printable words; accepted content survives the
// manifest.
#include "property.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "site/conf/env_names.hpp"
#include "site/conf/exclude.hpp"
#include "site/conf/watch_conf.hpp"
#include "site/release/manifest.hpp"

#include <optional>

namespace {

using namespace baton;

std::optional<site::ParsedWatchConf> parsed(std::string_view text) {
    try {
        return site::parse_watch_conf(text, "watch.conf");
    } catch (const Error& error) {
        fuzz::require(error.kind() == error_kind::config);
        const std::string_view message{error.what()};
        fuzz::require(message.starts_with("reading watch.conf:"));
        fuzz::require(printable(message) == message);
        return std::nullopt;
    }
}

void check_ranges(const site::WatchConf& conf) {
    fuzz::require(!conf.ver.empty() && conf.ver.size() <= 128 && printable(conf.ver) == conf.ver);
    fuzz::require(conf.delay.count() >= 0 && conf.delay.count() <= 86400);
    fuzz::require(conf.probation.count() >= 0 && conf.probation.count() <= 86400);
    fuzz::require(!conf.bin_name.empty() && conf.bin_name.front() != '/' && printable(conf.bin_name) == conf.bin_name);
    fuzz::require(conf.keep_releases >= 2 && conf.keep_releases <= 1000);
    fuzz::require(!conf.sha256 || conf.sha256->size() == 64);
    fuzz::require(!conf.health_path || conf.health_path->starts_with('/'));
    const auto addresses = conf.all_addresses();
    fuzz::require(!conf.addresses.empty() && addresses.size() <= site::k_most_addresses);
    for (const auto& address : addresses) {
        const auto text = address.text();
        fuzz::require(printable(text) == text && site::parse_address(text) == address);
        fuzz::require(site::parse_address(address.socket_name()).socket_name() == address.socket_name());
        for (const auto& other : addresses)
            fuzz::require(&other == &address || !site::overlap(other, address));
    }
    for (const auto& [name, address] : conf.listen)
        fuzz::require(!name.empty() && name != k_http_socket_name && name.find(':') == name.npos);
    for (const auto& [name, value] : conf.env)
        fuzz::require(site::why_no_env_name(name).empty() && value.find('\0') == value.npos);
    fuzz::require(site::Excludes{conf.exclude}.reason_against(conf.bin_name).empty());
    for (const auto& arg : conf.args)
        fuzz::require(arg.find('\0') == arg.npos);
}

void check_manifest_keeps(const site::WatchConf& conf) {
    site::Manifest manifest;
    manifest.conf = conf;
    const auto read = site::manifest_from_json(site::to_json(manifest), "manifest.json").conf;
    fuzz::require(read == conf);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const auto conf = parsed(fuzz::text(data, size));
    if (!conf) return 0;
    for (const auto& warning : conf->warnings)
        fuzz::require(printable(warning) == warning);
    check_ranges(conf->conf);
    check_manifest_keeps(conf->conf);
    return 0;
}
