// SPDX-License-Identifier: MIT
// Options, their help and their defaults.
#include "options.hpp"

#include "base/error.hpp"
#include "load/modes.hpp"
#include "load/units.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <vector>

namespace baton::load {
namespace {

using namespace std::chrono_literals;

constexpr auto k_footer = R"(Modes (N is the number of connections, except for fresh):
  persistent[=32]                     the next request as soon as the reply has arrived
  fresh[=100]                         N new connections per second, whatever the server does
  pipelined[=8][:depth=8]             depth requests in one write
  slow[=8][:ms=1500]                  GET /slow?ms=MS
  upload[=4][:bytes=1M][:ms=1000][:pieces=16][:chunked]
                                      POST /upload, sent in pieces over MS; length and sha256 are compared
  stream[=8][:n=10][:ms=100]          GET /stream?n=N&ms=MS, must be complete
  idle[=32][:ms=8000]                 waits a random time up to MS before each request

Failures: refused; reset before the reply; closed on a reused connection; reply cut; bad status; bad body; timeout;
our own side (no descriptor or port left). baton-load never retries.
Not a failure: a connection that the server closes between requests, or after a reply with Connection: close. But a
request pipelined behind such a reply counts as closed on a reused connection.

Exit status: 0 no request failed (with --first-answer: it came), 1 a request failed or none was made, 2 usage.)";

/// The options as typed; settle() reads them.
struct Typed {
    std::vector<std::string> modes;
    std::string timeout = "10s";
    std::string duration;
    bool any_body = false;
};

Duration read_time(const std::string& text, std::string_view option) {
    const auto time = parse_duration(text, 1s);
    if (!time)
        throw Error{fmt::format("reading {}: '{}' is not a time", option, text), error_kind::usage,
                    "a time is 10, 1.5s, 500ms or 2m"};
    return *time;
}

void add_options(CLI::App& app, Options& options, Typed& typed) {
    auto& config = options.config;
    app.add_option("TARGET", config.target, "8080, 127.0.0.1:8080, [::1]:8080 or a unix socket's path")->required();
    app.add_option("-m,--mode", typed.modes, "NAME[=N][:KEY=VALUE]..., may be repeated; see below")
        ->type_name("MODE")
        ->take_all();
    app.add_option("-d,--duration", typed.duration, "stop after this time (10, 1.5s, 2m); else at SIGINT or SIGTERM")
        ->type_name("TIME");
    app.add_option("-n,--requests", config.requests, "stop when this many requests have begun")->type_name("N");
    app.add_option("-t,--timeout", typed.timeout, "limit for one request, from its start to its last byte")
        ->type_name("TIME")
        ->capture_default_str();
    app.add_option("--until-file", config.until_file, "stop when this file exists")->type_name("PATH");
    app.add_option("--ready-file", options.ready_file, "create this file when every mode has had its first reply")
        ->type_name("PATH");
    app.add_option("--path", config.path, "what persistent, fresh, pipelined and idle request")->capture_default_str();
    app.add_flag("--any-body", typed.any_body, "accept any 2xx reply; otherwise it must be JSON with ver and pid");
    app.add_option("--json", options.json_file, "write the report as JSON to this file; - is stdout")
        ->type_name("PATH");
    app.add_flag("--progress", options.progress, "print a line per second on stderr");
    app.add_option("--first-answer", config.until_version,
                   "exit as soon as a reply has this ver, and print after how many ms (default: mode fresh=1000, at "
                   "most 30 s)")
        ->type_name("VER");
    app.footer(k_footer);
}

void settle(Config& config, Typed& typed) {
    const bool awaits = !config.until_version.empty();
    if (typed.modes.empty())
        typed.modes =
            awaits ? std::vector<std::string>{"fresh=1000"} : std::vector<std::string>{"persistent=8", "fresh=100"};
    if (awaits && typed.duration.empty()) typed.duration = "30s";
    config.modes.clear();
    for (const auto& mode : typed.modes)
        config.modes.push_back(parse_mode(mode));
    config.timeout = read_time(typed.timeout, "--timeout");
    if (!typed.duration.empty()) config.duration = read_time(typed.duration, "--duration");
    config.check = typed.any_body ? Check::any : Check::hello;
    if (awaits && typed.any_body)
        throw Error{"reading --first-answer: --any-body does not look at versions", error_kind::usage};
}

} // namespace

std::optional<Options> read_options(int argc, char** argv) {
    CLI::App app{"Makes requests, never retries them, and classifies every failure.", "baton-load"};
    Options options;
    Typed typed;
    add_options(app, options, typed);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
        (void)app.exit(help);
        return std::nullopt;
    } catch (const CLI::ParseError& error) {
        throw Error{error.what(), error_kind::usage, "baton-load --help"};
    }
    settle(options.config, typed);
    return options;
}

} // namespace baton::load
