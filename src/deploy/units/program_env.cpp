// SPDX-License-Identifier: MIT
#include "deploy/units/program_env.hpp"

#include "base/percent.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

std::string quote_value(std::string_view value) {
    std::string quoted = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\' || c == '$' || c == '`') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

} // namespace

std::string program_env(std::string_view site, const site::Manifest& manifest, const std::filesystem::path& directory) {
    auto argv = percent_encode((directory / manifest.conf.bin_name).native());
    for (const auto& arg : manifest.conf.args)
        argv += " " + percent_encode(arg);
    std::string text;
    for (const auto& [name, value] : manifest.conf.env)
        text += fmt::format("{}={}\n", name, quote_value(value));
    return text + fmt::format("BATON_ARGV={}\nBATON_SITE={}\nBATON_RELEASE={}\nBATON_VER={}\n", quote_value(argv), site,
                              manifest.release, quote_value(manifest.conf.ver));
}

} // namespace baton::deploy
