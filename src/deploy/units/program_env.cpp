// SPDX-License-Identifier: MIT
#include "deploy/units/program_env.hpp"

#include "base/percent.hpp"

#include <fmt/format.h>

namespace baton::deploy {
std::string sockets_text(const site::WatchConf& conf) {
    std::string text;
    for (const auto& [name, address] : conf.sockets())
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, address.socket_name());
    return text;
}

std::string quote_env(std::string_view value) {
    std::string quoted = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\' || c == '$' || c == '`') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

std::string program_env(std::string_view site, const site::Manifest& manifest) {
    auto argv = percent_encode(manifest.conf.bin_name);
    for (const auto& arg : manifest.conf.args)
        argv += " " + percent_encode(arg);
    std::string text;
    if (manifest.conf.standard_input == site::StandardInput::socket) text += "BATON_STANDARD_INPUT=socket\n";
    for (const auto& [name, value] : manifest.conf.env)
        text += fmt::format("{}={}\n", name, quote_env(value));
    return text + fmt::format("BATON_ARGV={}\nBATON_SOCKETS={}\nBATON_SITE={}\nBATON_RELEASE={}\nBATON_VER={}\n",
                              quote_env(argv), quote_env(sockets_text(manifest.conf)), site, manifest.release,
                              quote_env(manifest.conf.ver));
}

} // namespace baton::deploy
