// SPDX-License-Identifier: MIT
// The pages in docs/: their files are written, and their commands run, in order, on a host with two sites.
//   a fenced block after a line "`/PATH`:" is that file
//   ```console     lines that begin with "# " or "$ " are commands
//   <!-- load ADDRESS MODE... -->     from here to the next such line there are requests on this address, and none may
//   fail
#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"

#include <filesystem>
#include <iterator>
#include <optional>
#include <sstream>

using namespace machine;
namespace fs = std::filesystem;

namespace {

struct Block {
    enum class Kind { file, commands, load };
    Kind kind;
    std::string name; ///< the file's path, or the address and the modes of the load
    std::string text;
};

/// The path in "`/etc/x`:"; otherwise empty.
std::string path_in(const std::string& line) {
    return line.starts_with("`/") && line.ends_with("`:") ? line.substr(1, line.size() - 3) : std::string{};
}

/// "8090 persistent=4" in "<!-- load 8090 persistent=4 -->"; otherwise empty.
std::string load_in(const std::string& line) {
    constexpr std::string_view k_begin = "<!-- load ";
    constexpr std::string_view k_end = " -->";
    if (!line.starts_with(k_begin) || !line.ends_with(k_end)) return {};
    return line.substr(k_begin.size(), line.size() - k_begin.size() - k_end.size());
}

std::string commands_in(const std::string& text) {
    std::istringstream lines{text};
    std::string commands;
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("# ") || line.starts_with("$ ")) commands += line.substr(2) + '\n';
    return commands;
}

std::vector<Block> blocks_of(const fs::path& page) {
    std::istringstream lines{read_file(page)};
    std::vector<Block> blocks;
    std::string path;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("```")) {
            if (const auto address = load_in(line); !address.empty())
                blocks.push_back({Block::Kind::load, address, {}});
            if (!line.empty()) path = path_in(line);
            continue;
        }
        std::string text;
        for (std::string inside; std::getline(lines, inside) && inside != "```";)
            text += inside + '\n';
        if (!path.empty()) blocks.push_back({Block::Kind::file, path, text});
        if (line == "```console") blocks.push_back({Block::Kind::commands, {}, commands_in(text)});
        path.clear();
    }
    return blocks;
}

/// The sites that the pages speak of.
struct Host {
    Host() : shop_{"shop"}, blue_{"blue"} {
        shop_.upload(k_hello);
        blue_.upload(k_hello);
        shop_.edit("1");
        blue_.edit("1");
        const auto added = shop_.add();
        REQUIRE_MESSAGE(added.status == 0, added.text());
        shop_.unwatch();
    }
    ~Host() {
        traffic_.reset();
        (void)run({"systemctl", "stop", "nginx", "haproxy"});
    }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    void follow(const Block& block) {
        if (block.kind == Block::Kind::load) return load(block.name);
        if (block.kind == Block::Kind::file) {
            fs::create_directories(fs::path{block.name}.parent_path());
            return write_file(block.name, block.text);
        }
        std::istringstream commands{block.text};
        for (std::string command; std::getline(commands, command);) {
            const auto done = run({"bash", "-c", command}, 60s);
            CHECK_MESSAGE(done.status == 0, command << '\n' << done.text());
        }
    }
    void end_load() {
        if (traffic_) traffic_->check_none_failed();
        traffic_.reset();
    }

  private:
    void load(const std::string& words) {
        end_load();
        std::istringstream rest{words};
        std::string address;
        rest >> address;
        traffic_.emplace(address, std::vector<std::string>{std::istream_iterator<std::string>{rest}, {}});
    }
    Site shop_;
    Site blue_;
    std::optional<Traffic> traffic_;
};

/// The number of its blocks: a page that has lost its marks would pass.
std::size_t follow(const std::string& page) {
    Host host;
    const auto blocks = blocks_of(fs::path{BATON_DOCS} / page);
    for (const auto& block : blocks)
        host.follow(block);
    host.end_load();
    return blocks.size();
}

} // namespace

TEST_SUITE_BEGIN("docs");

TEST_CASE("the commands of docs/CONNECTIONS.md do what it says") {
    CHECK(follow("CONNECTIONS.md") == 2);
}

TEST_CASE("the commands of docs/TWO_VERSIONS.md do what it says") {
    CHECK(follow("TWO_VERSIONS.md") == 1);
}

TEST_CASE("the commands of docs/COMING_FROM.md do what it says") {
    CHECK(follow("COMING_FROM.md") == 1);
}

TEST_CASE("the commands of docs/WHAT_IF.md do what it says") {
    CHECK(follow("WHAT_IF.md") == 1);
}

TEST_CASE("behind nginx and HAProxy as in docs/PROXIES.md no request fails, also while the address moves") {
    if (!fs::exists("/usr/sbin/nginx") || !fs::exists("/usr/sbin/haproxy")) {
        MESSAGE("not run: apt-get install nginx-light haproxy");
        return;
    }
    CHECK(follow("PROXIES.md") == 11);
}

TEST_SUITE_END();
