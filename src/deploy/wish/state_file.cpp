// SPDX-License-Identifier: MIT
#include "deploy/wish/state_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

constexpr std::size_t k_limit_bytes = 1024 * 1024;

} // namespace

std::string StateFile::text(const nlohmann::ordered_json& members) const {
    nlohmann::ordered_json whole{{"version", version}};
    whole.update(members);
    return whole.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void StateFile::write(const nlohmann::ordered_json& members) const {
    write_file_atomically(path, text(members), mode);
}

void StateFile::read(const std::function<void(const nlohmann::ordered_json&)>& take) const {
    const auto text = read_file(path, k_limit_bytes);
    if (!text) return;
    try {
        const auto json = nlohmann::ordered_json::parse(*text);
        if (json.at("version").get<int>() > version) throw Error{"written by a newer baton"};
        take(json);
    } catch (const nlohmann::json::exception& error) {
        throw Error{fmt::format("reading {}: {}", quote(path.native()), printable(error.what())), error_kind::failed,
                    fmt::format("rm {}; the next deploy makes a new one", quote(path.native()))};
    } catch (const Error& error) {
        throw Error{fmt::format("reading {}: {}", quote(path.native()), error.what())};
    }
}

nlohmann::ordered_json to_json(const site::SourceStamp& stamp) {
    return {{"device", stamp.device},
            {"inode", stamp.inode},
            {"size", stamp.size_bytes},
            {"mtime_ns", stamp.mtime_ns},
            {"ctime_ns", stamp.ctime_ns}};
}

site::SourceStamp stamp_from_json(const nlohmann::ordered_json& json) {
    return {json.at("device").get<std::uint64_t>(), json.at("inode").get<std::uint64_t>(),
            json.at("size").get<std::uint64_t>(), json.at("mtime_ns").get<std::int64_t>(),
            json.at("ctime_ns").get<std::int64_t>()};
}

} // namespace baton::deploy
