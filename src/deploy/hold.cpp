// SPDX-License-Identifier: MIT
#include "deploy/hold.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <fcntl.h>

namespace baton::deploy {

Hold::Hold(const Paths& paths, std::string_view site, int release)
    : path_{paths.runtime / "baton" / fmt::format("{}@{}.hold", site, release)} {
    std::error_code error;
    std::filesystem::create_directory(path_.parent_path(), error);
    const Fd fd = open_file(path_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
    write_all(fd.get(), "BATON_HOLD=1\n", path_.native());
}

Hold::~Hold() {
    std::error_code error; // a file too many would hold a restart of this release for as long as libbaton lets it
    std::filesystem::remove(path_, error);
}

} // namespace baton::deploy
