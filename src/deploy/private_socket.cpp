// SPDX-License-Identifier: MIT
#include "deploy/private_socket.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <sys/socket.h>

namespace baton::deploy {
namespace {

httplib::Client client(const std::filesystem::path& path, std::chrono::microseconds limit) {
    httplib::Client http{path.native()};
    http.set_address_family(AF_UNIX);
    http.set_default_headers({{"Host", "localhost"}}); // httplib would send the socket's path, which is no host
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
    const auto rest = (limit - seconds).count();
    http.set_connection_timeout(seconds.count(), rest);
    http.set_read_timeout(seconds.count(), rest);
    http.set_write_timeout(seconds.count(), rest);
    return http;
}

/// A member as text, whatever scalar it is; empty if it is not there.
std::string member(const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_structured()) return {};
    return found->is_string() ? found->get<std::string>() : found->dump();
}

std::uint64_t count(const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

PrivateState state_from(const nlohmann::json& json) {
    return {member(json, "release"),  member(json, "pid"),        member(json, "invocation"), member(json, "state"),
            count(json, "in_flight"), count(json, "connections"), count(json, "requests")};
}

} // namespace

PrivateSocket::PrivateSocket(const Paths& paths, std::string_view site, int release)
    : path_{paths.runtime / "baton" / site / std::to_string(release) / "http.sock"} {}

bool PrivateSocket::exists() const {
    std::error_code error;
    return std::filesystem::is_socket(path_, error);
}

std::optional<PrivateState> PrivateSocket::state(std::chrono::microseconds limit, std::string* why) const {
    const auto reply = client(path_, limit).Get("/.baton/state");
    const auto json = reply ? nlohmann::json::parse(reply->body, nullptr, false) : nlohmann::json{};
    if (json.is_object()) return state_from(json);
    if (why != nullptr)
        *why = reply ? fmt::format("status {} and no JSON object", reply->status) : httplib::to_string(reply.error());
    return std::nullopt;
}

std::optional<int> PrivateSocket::get(const std::string& target, std::chrono::microseconds limit,
                                      std::string& why) const {
    const auto reply = client(path_, limit).Get(target);
    if (reply) return reply->status;
    why = httplib::to_string(reply.error());
    return std::nullopt;
}

bool PrivateSocket::accept(std::chrono::microseconds limit) const {
    const auto reply = client(path_, limit).Post("/.baton/accept");
    return reply && reply->status / 100 == 2;
}

} // namespace baton::deploy
