// SPDX-License-Identifier: MIT
#include "deploy/units/hold.hpp"

#include "base/file.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

namespace baton::deploy {

namespace {

std::filesystem::path hold_path(const site::Store& store, int release) {
    return store.release_path(release) / "hold";
}

} // namespace

Hold::Hold(const site::Store& store, int release, std::string_view more) : path_{hold_path(store, release)} {
    const Fd fd = open_file(path_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
    write_all(fd.get(), fmt::format("BATON_HOLD={}\n{}", ::getpid(), more), path_.native());
}

Hold::~Hold() {
    std::error_code error; // a leftover file holds a restart of this release for as long as libbaton allows
    std::filesystem::remove(path_, error);
}

void remove_holds(const site::Store& store) {
    std::error_code error;
    for (const int release : store.releases())
        std::filesystem::remove(hold_path(store, release), error);
}

} // namespace baton::deploy
