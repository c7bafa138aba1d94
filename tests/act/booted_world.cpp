// SPDX-License-Identifier: MIT
// The world of the cases on a booted systemd: PID 1, and baton's own places. The programs are processes, in sandboxes.
#include "deploy/units/preflight_sockets.hpp"
#include "sd/manager.hpp"
#include "support/site.hpp"
#include "world.hpp"

#include <doctest/doctest.h>

namespace act {
namespace {

class BootedWorld final : public World {
  public:
    [[nodiscard]] const baton::deploy::Paths& paths() const override { return paths_; }
    [[nodiscard]] baton::sd::Manager& manager() override { return manager_; }
    [[nodiscard]] std::filesystem::path directory_of(const std::string& site) const override {
        return std::filesystem::path{"/srv"} / site;
    }
    [[nodiscard]] std::string free_port() override { return machine::free_port(); }
    [[nodiscard]] bool is_of(const std::string& unit, pid_t pid) const override {
        return baton::deploy::is_process_of(paths_.scope, unit, pid);
    }
    void mask(const std::string& unit) override { systemctl("mask", unit); }
    void unmask(const std::string& unit) override { systemctl("unmask", unit); }
    void forget(const std::string& site) override;

  private:
    static void systemctl(const char* verb, const std::string& unit) {
        const auto done = machine::run({"systemctl", "--quiet", "--runtime", verb, unit});
        REQUIRE_MESSAGE(done.status == 0, done.text());
    }

    machine::NoLooks no_looks_; // they would wait for the site's lock
    baton::deploy::Paths paths_{.state = "/var/lib/baton",
                                .units = "/usr/local/lib/systemd/system",
                                .unit_templates = "/usr/share/baton/units/system",
                                .runtime = "/run",
                                .etc_units = "/etc/systemd/system"};
    baton::sd::Manager manager_{baton::sd::Scope::system};
};

/// Helpers that systemd started as releases ended have waited for the lock; a removal stops them.
void BootedWorld::forget(const std::string& site) {
    const auto removed = machine::run({"baton", "remove", site});
    CHECK_MESSAGE(removed.status == 0, removed.text());
    std::filesystem::remove_all(directory_of(site));
}

} // namespace

std::unique_ptr<World> make_world() {
    return std::make_unique<BootedWorld>();
}

} // namespace act
