// SPDX-License-Identifier: MIT
#include "site/release/store.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "site/directory/site_name.hpp"
#include "site/release/evidence_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace baton::site {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t k_evidence_limit_bytes = 64UL * 1024;
constexpr std::size_t k_state_file_limit_bytes = 1024 * 1024;
constexpr int k_record_version = 1;
constexpr auto k_env = "env.json";
constexpr std::string_view k_record_extension = ".json";
constexpr auto k_old_history = "history";     // written by the first baton
constexpr std::size_t k_history_limit = 1000; // about 1 KiB each

/// The numbers N of the files N`extension` in `directory`, ascending.
std::vector<int> numbers_in(const fs::path& directory, std::string_view extension) {
    std::vector<int> numbers;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{directory, error})
        if (entry.path().extension() == extension)
            if (const auto number = parse_number<int>(entry.path().stem().native(), 1)) numbers.push_back(*number);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

void make_directory(const fs::path& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) < 0 && errno != EEXIST)
        throw errno_error(fmt::format("creating {}", quote(path.native())));
}

} // namespace

Store::Real Store::real(const fs::path& root) {
    std::error_code error; // a root that does not exist yet, or that we may not see, stays as given
    auto real = fs::canonical(root, error);
    return {error ? root : std::move(real)};
}

Store::Store(const fs::path& root, std::string site) : Store{real(root), std::move(site)} {}

std::vector<std::string> Store::sites(const fs::path& root) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{root, error})
        if (const auto name = entry.path().filename();
            is_site_name(name.native()) && fs::exists(entry.path() / "site.json", error)) // not a copy, "shop (old)"
            names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<Store> Store::all(const fs::path& root) {
    const auto real = Store::real(root);
    std::vector<Store> stores;
    for (auto& site : sites(root))
        stores.push_back(Store{real, std::move(site)});
    return stores;
}

fs::path Store::record_path(int release) const {
    return directory_ / "records" / (std::to_string(release) + std::string{k_record_extension});
}

fs::path Store::evidence_path(int release) const {
    return directory_ / "evidence" / std::to_string(release);
}

fs::path Store::partial_path(int release) const {
    return release_path(release).native() + ".partial";
}

bool Store::has_release(int release) const {
    std::error_code error;
    return fs::exists(release_path(release), error);
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
        SiteRecord record{json.at("directory").get<std::string>(),
                          json.at("watch_conf").get<std::string>(),
                          parse_address(json.at("address").get<std::string>()),
                          {}};
        // The first baton had no list: root allowed the HttpPort that the site had when root registered it.
        if (!json.contains("listen")) record.listen = {record.address};
        for (const auto& address : json.value("listen", nlohmann::json::array()))
            record.listen.push_back(parse_address(address.get<std::string>()));
        if (const auto found = json.find("idle_exit_seconds"); found != json.end())
            record.idle_exit = std::chrono::seconds{found->get<std::int64_t>()};
        return record;
    } catch (const nlohmann::json::exception& error) {
        throw Error{
            fmt::format("reading {}: {}", quote(path.native()), printable(error.what())), error_kind::failed,
            fmt::format("rm {}, then baton remove {} clears up the rest of the site", quote(path.native()), site_)};
    } catch (const Error& error) {
        throw Error{fmt::format("reading {}: {}", quote(path.native()), error.what())};
    }
}

void Store::write_record(const SiteRecord& record) const {
    std::error_code error;
    fs::create_directories(directory_.parent_path(), error);
    make_directory(directory_, 0755);
    make_directory(directory_ / "releases", 0700);
    make_directory(directory_ / "records", 0755);
    make_directory(directory_ / "evidence", 0711); // each file has its own readers; the list of files is private
    auto listen = nlohmann::ordered_json::array();
    for (const auto& address : record.listen)
        listen.push_back(address.text());
    nlohmann::ordered_json json{{"version", k_record_version},
                                {"directory", record.directory.native()},
                                {"watch_conf", record.conf_name},
                                {"address", record.address.text()},
                                {"listen", std::move(listen)}};
    if (record.idle_exit) json["idle_exit_seconds"] = record.idle_exit->count();
    write_file_atomically(directory_ / "site.json",
                          json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    sync_directory(directory_.parent_path());
}

fs::path Store::removed_path() const {
    return directory_.parent_path() / fmt::format(".removed-{}", site_);
}

bool Store::exists() const {
    std::error_code error;
    return fs::exists(directory_, error) || fs::exists(removed_path(), error);
}

void Store::remove() const {
    // Renamed first: a process that waits for the lock would put it into the directory that is being emptied.
    const auto removed = removed_path();
    remove_tree(removed);
    if (::rename(directory_.c_str(), removed.c_str()) < 0 && errno != ENOENT)
        throw errno_error(fmt::format("removing {}", quote(directory_.native())));
    remove_tree(removed);
}

std::vector<int> Store::releases() const {
    if (::access((directory_ / "releases").c_str(), R_OK) == 0) return numbers_in(directory_ / "releases", "");
    std::vector<int> numbers;
    for (const int number : numbers_in(directory_ / "records", k_record_extension))
        try {
            if (manifest(number).has_snapshot) numbers.push_back(number);
        } catch (const Error&) {
            numbers.push_back(number); // the reader gets an error for it
        }
    return numbers;
}

int Store::next_release() const {
    int last = 0;
    for (const auto& [directory, extension] :
         {std::pair{"releases", std::string_view{}}, std::pair{"records", k_record_extension},
          std::pair{k_old_history, k_record_extension}})
        if (const auto numbers = numbers_in(directory_ / directory, extension); !numbers.empty())
            last = std::max(last, numbers.back());
    return 1 + last;
}

std::optional<std::string> Store::manifest_text(int release) const {
    const auto name = std::to_string(release) + std::string{k_record_extension};
    for (const auto& path :
         {record_path(release), release_path(release) / "manifest.json", directory_ / k_old_history / name})
        if (auto text = read_file(path, k_state_file_limit_bytes)) return text;
    return std::nullopt;
}

Manifest Store::manifest(int release) const {
    struct stat st = {};
    const auto stamp = ::stat(record_path(release).c_str(), &st) == 0 ? stamp_of(st) : SourceStamp{};
    const auto known = known_.find(release);
    if (known != known_.end() && stamp != SourceStamp{} && known->second.stamp == stamp) return known->second.manifest;
    auto manifest = read_manifest(release);
    known_.insert_or_assign(release, Known{stamp, manifest});
    return manifest;
}

Manifest Store::brief_manifest(int release) const {
    const auto path = record_path(release);
    const auto text = manifest_text(release);
    if (!text)
        throw Error{fmt::format("reading {}: no such release", quote(path.native())), error_kind::failed,
                    fmt::format("baton history {0} lists all releases; if {1} names it: rm {1}, then baton deploy {0}",
                                site_, quote(live_path().native()))};
    return manifest_from_json(*text, path.native());
}

Manifest Store::read_manifest(int release) const {
    auto manifest = brief_manifest(release);
    try {
        if (auto evidence = read_file(evidence_path(release), k_evidence_limit_bytes))
            manifest.evidence = std::move(*evidence);
    } catch (const Error&) { // this reader may not see it
    }
    read_env_of(manifest);
    return manifest;
}

/// It may contain passwords. Empty for callers who may not see the snapshots.
void Store::read_env_of(Manifest& manifest) const {
    const auto path = release_path(manifest.release) / k_env;
    if (::access(path.c_str(), R_OK) != 0) return;
    const auto text = read_file(path, k_state_file_limit_bytes);
    try {
        if (text) nlohmann::json::parse(*text).get_to(manifest.conf.env);
    } catch (const nlohmann::json::exception& fault) {
        throw Error{fmt::format("reading {}: {}", quote(path.native()), printable(fault.what()))};
    }
}

void Store::write_env_of(const Manifest& manifest) const {
    using Json = nlohmann::json;
    const auto text = Json(manifest.conf.env).dump(2, ' ', false, Json::error_handler_t::replace);
    write_file_atomically(partial_path(manifest.release) / k_env, text + "\n", 0600);
}

void Store::write_evidence_of(const Manifest& manifest) const {
    const auto path = evidence_path(manifest.release);
    if (manifest.evidence.empty() || read_file(path, k_evidence_limit_bytes) == manifest.evidence) return;
    make_directory(path.parent_path(), 0711);
    const auto site = record();
    write_evidence(path, std::string_view{manifest.evidence}.substr(0, k_evidence_limit_bytes),
                   site ? evidence_readers(site->directory) : Readers{});
}

void Store::write_manifest(const Manifest& manifest) const {
    known_.erase(manifest.release); // two writes within a clock tick may give the file the same stamp
    write_evidence_of(manifest);
    make_directory(directory_ / "records", 0755);
    auto shown = manifest;
    shown.conf.env.clear();
    write_file_atomically(record_path(manifest.release), to_json(shown));
}

void Store::seal(const Manifest& manifest) const {
    const auto path = partial_path(manifest.release);
    write_env_of(manifest);
    write_manifest(manifest); // first: without a record it would not be a release
    if (::rename(path.c_str(), release_path(manifest.release).c_str()) < 0) {
        const auto error = errno_error(fmt::format("renaming {}", quote(path.native())));
        forget_unsealed(manifest.release);
        throw error;
    }
    sync_directory(path.parent_path());
}

void Store::forget(int release) const {
    std::error_code error; // a leftover does no harm
    fs::remove(record_path(release), error);
    fs::remove(evidence_path(release), error);
}

/// Drops the record of an import that has not become a release.
void Store::forget_unsealed(int release) const try {
    if (!has_release(release) && manifest(release).outcome == Outcome::pending) forget(release);
} catch (const Error&) { // no such record
}

void Store::forget_oldest() const {
    std::vector<int> past;
    for (const int number : numbers_in(directory_ / "records", k_record_extension))
        if (!has_release(number)) past.push_back(number);
    for (std::size_t i = 0; i + k_history_limit < past.size(); ++i)
        forget(past[i]);
}

std::vector<Manifest> Store::pruned() const {
    auto numbers = numbers_in(directory_ / "records", k_record_extension);
    const auto old = numbers_in(directory_ / k_old_history, k_record_extension);
    numbers.insert(numbers.end(), old.begin(), old.end());
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    const auto kept = releases(); // includes one whose deletion was interrupted
    std::vector<Manifest> manifests;
    for (const int number : numbers)
        try {
            if (!std::binary_search(kept.begin(), kept.end(), number)) manifests.push_back(manifest(number));
        } catch (const Error&) {
            continue;
        }
    return manifests;
}

void Store::remove_release(int release) const {
    try {
        auto past = manifest(release);
        past.has_snapshot = false;
        write_manifest(past);
    } catch (const Error&) { // a release without its manifest has nothing to record
    }
    // Renamed first: if this is killed half way, a partial remains, which is not a release.
    const auto partial = partial_path(release);
    remove_tree(partial);
    if (::rename(release_path(release).c_str(), partial.c_str()) < 0)
        throw errno_error(fmt::format("removing release {} of {}", release, quote(site_)));
    remove_tree(partial);
    forget_oldest();
}

void Store::remove_partial() const {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{directory_ / "releases", error})
        if (entry.path().extension() == ".partial") {
            remove_tree(entry.path());
            if (const auto release = parse_number<int>(entry.path().stem().native(), 1)) forget_unsealed(*release);
        }
}

void Store::upgrade() const {
    struct stat st = {};
    const auto record = directory_ / "site.json";
    const bool is_for_all = ::stat(record.c_str(), &st) == 0 && (st.st_mode & ALLPERMS) == 0644;
    if (!is_for_all && ::chmod(record.c_str(), 0644) < 0)
        throw errno_error(fmt::format("letting everybody read the record of {}", quote(site_)));
    for (const int number : releases()) {
        const auto old = release_path(number) / "manifest.json";
        std::error_code error;
        if (!fs::exists(old, error)) continue;
        if (!fs::exists(record_path(number), error)) write_manifest(manifest(number));
        fs::remove(old, error);
    }
    std::error_code error;
    if (!fs::exists(directory_ / k_old_history, error)) return; // reading the whole history takes time
    for (auto& past : pruned())
        if (past.has_snapshot) {
            past.has_snapshot = false;
            write_manifest(past);
        }
    remove_tree(directory_ / k_old_history);
}

std::optional<int> Store::live() const {
    std::error_code error;
    const auto target = fs::read_symlink(live_path(), error);
    if (error == std::errc::no_such_file_or_directory) return std::nullopt;
    if (error) throw Error{fmt::format("reading {}: {}", quote((live_path()).native()), error.message())};
    return parse_number<int>(target.filename().native(), 1);
}

void Store::set_live(int release) const {
    replace_symlink(live_path(), fmt::format("releases/{}", release));
}

} // namespace baton::site
