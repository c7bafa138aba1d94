// SPDX-License-Identifier: MIT
#include "fake_world.hpp"

#include "listen_socket.hpp"

#include <unistd.h>

namespace act {
namespace fs = std::filesystem;

FakeWorld::FakeWorld()
    : paths_{.state = scratch_ / "state",
             .units = scratch_ / "units",
             .unit_templates = scratch_ / "templates",
             .runtime = scratch_ / "run",
             .owner = ::geteuid()} {
    for (const auto* const name : {"site.service", "site.socket", "site@.socket", "site.path", "site@.service",
                                   "site@.last.conf", "site@.mounts.conf", "site@.script.conf"})
        scratch_.write(fs::path{"templates"} / name, "");
    for (const auto& directory : {paths_.state, paths_.units, paths_.runtime})
        fs::create_directories(directory);
}

fs::path FakeWorld::directory_of(const std::string& site) const {
    return scratch_ / ("srv-" + site);
}

std::string FakeWorld::free_port() {
    return unused_port();
}

/// All programs of the fake manager are in this process.
bool FakeWorld::is_of(const std::string&, pid_t pid) const {
    return pid == ::getpid();
}

std::unique_ptr<World> make_world() {
    return std::make_unique<FakeWorld>();
}

} // namespace act
