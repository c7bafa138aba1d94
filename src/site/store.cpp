// SPDX-License-Identifier: MIT
#include "site/store.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace baton::site {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t k_state_file_limit_bytes = 1024 * 1024;
constexpr int k_record_version = 1;
constexpr std::string_view k_history_extension = ".json";
constexpr std::size_t k_history_limit = 1000; // some 1 KiB each

std::optional<int> parse_release(std::string_view name) {
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || end != name.data() + name.size() || number < 1) return std::nullopt;
    return number;
}

/// The numbers N of the files N`extension` in `directory`, ascending.
std::vector<int> numbers_in(const fs::path& directory, std::string_view extension) {
    std::vector<int> numbers;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{directory, error})
        if (entry.path().extension() == extension)
            if (const auto number = parse_release(entry.path().stem().native())) numbers.push_back(*number);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

void make_directory(const fs::path& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) < 0 && errno != EEXIST)
        throw errno_error(fmt::format("creating {}", quote(path.native())));
}

} // namespace

Store::Store(const fs::path& root, std::string site) : site_{std::move(site)} {
    std::error_code error; // a root that is not there yet, or not ours to see, stays as it was given
    const auto real = fs::canonical(root, error);
    directory_ = (error ? root : real) / site_;
}

std::vector<std::string> Store::sites(const fs::path& root) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{root, error})
        if (fs::exists(entry.path() / "site.json", error)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

fs::path Store::history_path(int release) const {
    return directory_ / "history" / (std::to_string(release) + std::string{k_history_extension});
}

fs::path Store::release_path(int release) const {
    return directory_ / "releases" / std::to_string(release);
}

std::optional<SiteRecord> Store::record() const {
    const auto path = directory_ / "site.json";
    const auto text = read_file(path, k_state_file_limit_bytes);
    if (!text) return std::nullopt;
    try {
        const auto json = nlohmann::json::parse(*text);
        if (json.at("version").get<int>() > k_record_version) throw Error{"written by a newer baton"};
        return SiteRecord{json.at("directory").get<std::string>(), json.at("watch_conf").get<std::string>(),
                          parse_address(json.at("address").get<std::string>())};
    } catch (const nlohmann::json::exception& error) {
        throw Error{fmt::format("reading {}: {}", quote(path.native()), printable(error.what()))};
    } catch (const Error& error) {
        throw Error{fmt::format("reading {}: {}", quote(path.native()), error.what())};
    }
}

void Store::write_record(const SiteRecord& record) const {
    std::error_code error;
    fs::create_directories(directory_.parent_path(), error);
    make_directory(directory_, 0755);
    make_directory(directory_ / "releases", 0700);
    const nlohmann::ordered_json json{{"version", k_record_version},
                                      {"directory", record.directory.native()},
                                      {"watch_conf", record.conf_name},
                                      {"address", record.address.text()}};
    write_file_atomically(directory_ / "site.json",
                          json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n", 0600);
    sync_directory(directory_.parent_path());
}

void Store::remove() const {
    remove_tree(directory_);
}

std::vector<int> Store::releases() const {
    return numbers_in(directory_ / "releases", "");
}

int Store::next_release() const {
    const auto numbers = releases();
    const auto past = numbers_in(directory_ / "history", k_history_extension);
    return 1 + std::max(numbers.empty() ? 0 : numbers.back(), past.empty() ? 0 : past.back());
}

Manifest Store::manifest(int release) const {
    const auto path = release_path(release) / "manifest.json";
    const auto text = read_file(path, k_state_file_limit_bytes);
    if (!text) throw Error{fmt::format("reading {}: no such release", quote(path.native()))};
    return manifest_from_json(*text, path.native());
}

void Store::write_manifest(const Manifest& manifest) const {
    write_file_atomically(release_path(manifest.release) / "manifest.json", to_json(manifest));
}

void Store::remember(int release) const {
    const auto text = read_file(release_path(release) / "manifest.json", k_state_file_limit_bytes);
    if (!text) return; // a release that lost its manifest has nothing to tell
    make_directory(directory_ / "history", 0700);
    write_file_atomically(history_path(release), *text);
    const auto numbers = numbers_in(directory_ / "history", k_history_extension);
    std::error_code error; // one too many does no harm
    for (std::size_t i = 0; i + k_history_limit < numbers.size(); ++i)
        fs::remove(history_path(numbers[i]), error);
}

std::vector<Manifest> Store::pruned() const {
    std::vector<Manifest> manifests;
    for (const int number : numbers_in(directory_ / "history", k_history_extension)) {
        const auto path = history_path(number);
        if (fs::exists(release_path(number))) continue; // its deletion was interrupted
        try {
            manifests.push_back(
                manifest_from_json(read_file(path, k_state_file_limit_bytes).value_or(""), path.native()));
        } catch (const Error&) {
            continue;
        }
    }
    return manifests;
}

void Store::remove_release(int release) const {
    remember(release);
    // Renamed first: whoever is killed half way leaves a partial, which is no release.
    const auto partial = release_path(release).native() + ".partial";
    remove_tree(partial);
    if (::rename(release_path(release).c_str(), partial.c_str()) < 0)
        throw errno_error(fmt::format("removing release {} of {}", release, quote(site_)));
    remove_tree(partial);
}

void Store::remove_partial() const {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{directory_ / "releases", error})
        if (entry.path().extension() == ".partial") remove_tree(entry.path());
}

std::optional<int> Store::live() const {
    std::error_code error;
    const auto target = fs::read_symlink(live_path(), error);
    if (error == std::errc::no_such_file_or_directory) return std::nullopt;
    if (error) throw Error{fmt::format("reading {}: {}", quote((live_path()).native()), error.message())};
    return parse_release(target.filename().native());
}

void Store::set_live(int release) const {
    replace_symlink(live_path(), fmt::format("releases/{}", release));
}

void Store::clear_live() const {
    if (::unlink((live_path()).c_str()) < 0 && errno != ENOENT)
        throw errno_error(fmt::format("removing {}", quote((live_path()).native())));
    sync_directory(directory_);
}

} // namespace baton::site
