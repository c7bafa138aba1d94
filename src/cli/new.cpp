// SPDX-License-Identifier: MIT
// baton new LANGUAGE DIR: writes the example of a language, ready to be built and added.
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "deploy/tell/typed.hpp"
#include "site/directory/site_name.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <system_error>

namespace baton::cli {
namespace fs = std::filesystem;
namespace {

struct Language {
    std::string_view name;
    std::string_view example;  ///< its directory in BATON_EXAMPLES
    std::string_view packages; ///< of Debian 12: what builds and runs it
    std::string_view build;    ///< in the site's directory; may be empty
};

constexpr std::array k_languages{
    Language{"go", "go", "golang-go", "go build -o hello ."},
    Language{"python", "python-gunicorn", "gunicorn", ""},
    Language{"python-gunicorn", "python-gunicorn", "gunicorn", ""},
    Language{"python-uvicorn", "python-uvicorn", "uvicorn", ""},
    Language{"node", "node", "nodejs", ""},
    Language{"ruby", "ruby", "puma", ""},
    Language{"java", "java", "default-jdk-headless", "javac -d classes Hello.java"},
    Language{"cpp", "cpp", "g++ pkg-config libcpp-httplib-dev nlohmann-json3-dev",
             "g++ -std=c++20 -O2 hello.cpp -o hello $(pkg-config --cflags --libs baton)"},
};
constexpr auto k_drop_in = "drop-in.conf"; // what systemd's unit must allow the program; in some examples
constexpr auto k_hint = "baton new go DIR; baton new --help lists the languages";

const Language& language_of(std::string_view name) {
    const auto* const found =
        std::find_if(k_languages.begin(), k_languages.end(), [&](const Language& it) { return it.name == name; });
    if (found != k_languages.end()) return *found;
    std::vector<std::string_view> names;
    for (const auto& language : k_languages)
        names.push_back(language.name);
    const auto near = did_you_mean(name, names);
    throw Error{fmt::format("writing an example: there is none for {}, only for {}{}", quote(name),
                            fmt::join(names, ", "), near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
                error_kind::usage, k_hint};
}

/// The files that were written so far; removes them unless the example is complete.
class Written {
  public:
    explicit Written(fs::path directory) : directory_{std::move(directory)} {
        for (auto parent = directory_; !fs::exists(parent); parent = parent.parent_path())
            new_directories_.push_back(parent);
        fs::create_directories(directory_);
    }
    ~Written() {
        if (complete_) return;
        std::error_code ignored; // the error that brought us here is the one to tell
        for (const auto& name : names_)
            fs::remove(directory_ / name, ignored);
        for (const auto& made : new_directories_)
            fs::remove(made, ignored);
    }
    Written(const Written&) = delete;
    Written& operator=(const Written&) = delete;

    void copy(const fs::path& file) {
        const auto name = file.filename();
        names_.push_back(name.native()); // before: half a file is removed as well
        fs::copy_file(file, directory_ / name);
    }
    void commit() noexcept { complete_ = true; }
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  private:
    fs::path directory_;
    std::vector<fs::path> new_directories_; ///< the innermost first
    bool complete_ = false;
    std::vector<std::string> names_;
};

void require_empty(const fs::path& directory) {
    const auto kind = fs::status(directory).type();
    if (kind == fs::file_type::not_found || (kind == fs::file_type::directory && fs::is_empty(directory))) return;
    throw Error{fmt::format("writing an example to {}: it is {}", quote(directory.native()),
                            kind == fs::file_type::directory ? "not empty" : "not a directory"),
                error_kind::failed, "name a directory that is absent or empty"};
}

/// Their names, sorted.
std::vector<std::string> write_example(const Language& language, const fs::path& directory) try {
    require_empty(directory);
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator{fs::path{BATON_EXAMPLES} / language.example})
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    Written written{directory};
    for (const auto& file : files)
        written.copy(file);
    written.commit();
    return written.names();
} catch (const fs::filesystem_error& error) {
    const auto& at = error.path2().empty() ? error.path1() : error.path2();
    const bool installed = fs::exists(fs::path{BATON_EXAMPLES} / language.example);
    throw Error{fmt::format("writing an example to {}: {}{}", quote(directory.native()),
                            at == directory ? "" : quote(at.native()) + ": ", error.code().message()),
                error_kind::failed,
                installed ? "name a directory that you may make and write, such as /srv/shop"
                          : "install baton whole: apt install --reinstall baton, or meson install -C build"};
}

/// The name of the site in the commands to type: that of the directory, if a site may have it.
std::string site_of(const fs::path& directory) try {
    auto name = directory.filename().native();
    site::check_new_site_name(name);
    return name;
} catch (const Error&) {
    return "hello";
}

std::vector<std::string> next_commands(const deploy::Paths& paths, const Language& language,
                                       const fs::path& directory) {
    const auto site = site_of(directory);
    const auto place = shell_word(directory.native());
    std::vector<std::string> commands;
    if (!language.build.empty()) commands.push_back(fmt::format("cd {} && {}", place, language.build));
    if (fs::exists(directory / k_drop_in))
        commands.push_back(fmt::format("install -D -m 644 {}/{} {}/{}@.service.d/50-example.conf", place, k_drop_in,
                                       shell_word(paths.etc_units.native()), site));
    commands.push_back(fmt::format("{} {} {}", deploy::typed_for(paths.scope, "baton add"), site, place));
    commands.emplace_back("curl http://127.0.0.1:8080/hello");
    return commands;
}

int write(const Environment& environment, const std::string& name, const std::string& directory_name) {
    const auto& language = language_of(name);
    if (directory_name.empty()) throw Error{"writing an example: DIR is empty", error_kind::usage, std::string{k_hint}};
    auto directory = fs::absolute(directory_name).lexically_normal();
    if (!directory.has_filename()) directory = directory.parent_path(); // "shop/"
    const auto files = write_example(language, directory);
    const auto commands = next_commands(environment.paths(), language, directory);
    if (environment.json()) {
        print_json({{"outcome", "written"},
                    {"language", language.example},
                    {"directory", directory.native()},
                    {"files", files},
                    {"packages", language.packages},
                    {"next", commands}});
        return 0;
    }
    fmt::print("wrote {} to {}\nnext, {} (README.md there says why):\n  apt-get install {}\n", fmt::join(files, ", "),
               quote(directory.native()),
               environment.paths().scope == sd::Scope::user ? "the first as root" : "as root", language.packages);
    for (const auto& command : commands)
        fmt::print("  {}\n", printable(command));
    fmt::print("From then on, an edit of Ver in watch.conf is a deploy.\n");
    return 0;
}

} // namespace

void add_new(CommandLine& line) {
    auto* command = line.add_command("new", "Write an example program with its watch.conf, in one of six languages",
                                     "The files, and the commands to type next");
    const auto language = std::make_shared<std::string>();
    const auto directory = std::make_shared<std::string>();
    command
        ->add_option("LANGUAGE", *language,
                     "go, python (that is, python-gunicorn), python-uvicorn, node, ruby, java, cpp")
        ->required();
    command->add_option("DIR", *directory, "Where to: a directory that is absent or empty")->required();
    command->callback([=, &line] {
        line.action = [=](Environment& environment) { return write(environment, *language, *directory); };
    });
}

} // namespace baton::cli
