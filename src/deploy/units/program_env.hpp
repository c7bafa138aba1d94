// SPDX-License-Identifier: MIT
// The environment file of a release: what to execute, for baton-exec, and which release it is, for the program.
#pragma once

#include "site/release/manifest.hpp"

#include <string>
#include <string_view>

namespace baton::deploy {

/// In the format of systemd.exec(5) EnvironmentFile=. "Env" of watch.conf comes first. BATON_ARGV= holds the program's
/// path, relative to $BATON_DIRECTORY of its unit, and its arguments, percent-encoded and separated by spaces;
/// BATON_SITE=, BATON_RELEASE= and BATON_VER= are for the program.
[[nodiscard]] std::string program_env(std::string_view site, const site::Manifest& manifest);

/// $BATON_SOCKETS, for baton-exec: NAME=SOCKET of each, HttpPort's first. A socket path contains no white space.
[[nodiscard]] std::string sockets_text(const site::WatchConf& conf);

/// A value as EnvironmentFile= reads it back; systemd.exec(5).
[[nodiscard]] std::string quote_env(std::string_view value);

} // namespace baton::deploy
