// SPDX-License-Identifier: MIT
#include "site_conf.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace hello {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_name = "watch.conf";

bool is_named_conf(const fs::path& path) {
    const auto name = path.filename().string();
    return name.size() > k_name.size() + 1 && name.ends_with(".watch.conf");
}

/// Empty if there is no such file, or more than one.
fs::path find_conf() {
    if (fs::exists(k_name)) return k_name;
    fs::path found;
    for (const auto& entry : fs::directory_iterator{"."}) {
        if (!is_named_conf(entry.path())) continue;
        if (!found.empty()) return {};
        found = entry.path();
    }
    return found;
}

std::string as_text(const nlohmann::json& conf, const char* key, std::string otherwise) {
    const auto found = conf.find(key);
    if (found == conf.end()) return otherwise;
    const auto& value = found->is_array() && !found->empty() ? found->front() : *found;
    if (value.is_string()) return value.get<std::string>();
    return value.is_number_integer() ? std::to_string(value.get<long long>()) : otherwise;
}

} // namespace

SiteConf read_site_conf() noexcept {
    SiteConf conf;
    try {
        const auto path = find_conf();
        std::ifstream file{path};
        if (path.empty() || !file) {
            (void)std::fputs("baton-hello: reading './watch.conf': no such file, continuing without it\n", stderr);
        } else {
            const auto json = nlohmann::json::parse(file);
            conf.version = as_text(json, "Ver", conf.version);
            conf.address = as_text(json, "HttpPort", conf.address); // the first of a list
        }
    } catch (const std::exception& error) {
        (void)std::fprintf(stderr, "baton-hello: reading './watch.conf': %s, continuing without it\n", error.what());
    }
    if (const char* const version = std::getenv("BATON_VER"); version != nullptr) conf.version = version;
    return conf;
}

} // namespace hello
