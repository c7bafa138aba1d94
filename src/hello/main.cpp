// SPDX-License-Identifier: MIT
// baton-hello: the smallest program that shows all of libbaton. It gets its socket from systemd or ./watch.conf.
#include "routes.hpp"
#include "site_conf.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cmath>

int main(int argc, char** argv) {
    CLI::App app{"A web service that says hello and its version.", "baton-hello"};
    baton::Options options;
    app.add_option("--listen", options.address,
                   "Where to listen without systemd: PORT, HOST:PORT or /PATH (default: HttpPort of ./watch.conf)");
    app.add_option("--workers", options.workers, "Threads that run handlers (default: one per CPU, at least two)");
    double idle_exit = 0;
    app.add_option("--idle-exit", idle_exit, "Exit after this many seconds without a connection (default: never)")
        ->check(CLI::Range(0.0, 1e9));
    CLI11_PARSE(app, argc, argv);

    options.timeouts.idle_exit = std::chrono::milliseconds{std::llround(idle_exit * 1000)};
    const auto conf = hello::read_site_conf();
    if (options.address.empty()) options.address = conf.address;
    baton::Server server;
    hello::add_routes(server, conf.version);
    return baton::run(server, options);
}
