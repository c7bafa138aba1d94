// SPDX-License-Identifier: MIT
// Times one import as a deploy makes it, including the index: import_once SITE SNAPSHOT [PREVIOUS-SNAPSHOT]
#include "base/error.hpp"
#include "base/file.hpp"
#include "site/release/import.hpp"

#include <chrono>
#include <cstdio>
#include <string>

namespace {

std::string index_of(const std::string& snapshot) {
    return snapshot + ".index";
}

void import_once(const std::string& site, const std::string& snapshot, const std::string& previous) {
    constexpr std::size_t k_index_limit_bytes = 256U << 20U;
    const auto began = std::chrono::steady_clock::now();
    baton::site::ImportRequest request{site, snapshot, "test", {}, {}};
    if (!previous.empty()) {
        const auto text = baton::read_file(index_of(previous), k_index_limit_bytes).value();
        request.previous = baton::site::PreviousSnapshot{previous, baton::site::index_from_text(text)};
    }
    const auto imported = baton::site::import_tree(request);
    baton::write_file_atomically(index_of(snapshot), baton::site::to_text(imported.index));
    const auto took = std::chrono::steady_clock::now() - began;
    std::printf("%lld %llu\n",
                static_cast<long long>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()),
                static_cast<unsigned long long>(imported.copied_bytes));
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3 && argc != 4) {
        std::fputs("usage: import_once SITE SNAPSHOT [PREVIOUS-SNAPSHOT]\n", stderr);
        return 2;
    }
    try {
        import_once(argv[1], argv[2], argc == 4 ? argv[3] : "");
        return 0;
    } catch (const baton::Error& error) {
        std::fprintf(stderr, "import_once: error: %s\n", error.what());
        return 1;
    }
}
