// SPDX-License-Identifier: MIT
#include "deploy/hold.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

namespace baton::deploy {

Hold::Hold(const Paths& paths, const site::Store& store, int release)
    : path_{paths.runtime / "baton" / fmt::format("{}@{}.hold", store.site(), release)} {
    std::error_code error;
    std::filesystem::create_directory(path_.parent_path(), error);
    const Fd fd = open_file(path_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
    const auto text = fmt::format("BATON_HOLD={}\nBATON_LIVE={}\n", ::getpid(), store.live_path().native());
    write_all(fd.get(), text, path_.native());
}

Hold::~Hold() {
    std::error_code error; // a file too many would hold a restart of this release for as long as libbaton lets it
    std::filesystem::remove(path_, error);
}

void remove_holds(const Paths& paths, std::string_view site) {
    std::error_code error;
    const auto prefix = fmt::format("{}@", site);
    for (const auto& entry : std::filesystem::directory_iterator{paths.runtime / "baton", error})
        if (entry.path().extension() == ".hold" && entry.path().filename().native().starts_with(prefix))
            std::filesystem::remove(entry.path(), error);
}

} // namespace baton::deploy
