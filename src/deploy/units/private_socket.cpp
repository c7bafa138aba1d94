// SPDX-License-Identifier: MIT
#include "deploy/units/private_socket.hpp"

#include "base/fd.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

namespace baton::deploy {
namespace {

constexpr std::array<std::string_view, 4> k_states{"unknown", "held", "serving", "draining"};

ServingState parse_state(std::string_view word) {
    const auto found = std::find(k_states.begin(), k_states.end(), word);
    return found == k_states.end() ? ServingState::unknown : static_cast<ServingState>(found - k_states.begin());
}

/// Opens the socket itself: its directory belongs to the program, which could put a symlink to another socket there.
Fd find(const std::filesystem::path& path) {
    Fd fd{::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
    struct stat st = {};
    return fd && ::fstat(fd.get(), &st) == 0 && S_ISSOCK(st.st_mode) ? std::move(fd) : Fd{};
}

/// The program itself decides what answers here.
HttpReply ask(const std::filesystem::path& path, const HttpQuestion& question, std::chrono::microseconds limit) {
    const auto socket = find(path);
    if (!socket) return {.why = "the socket does not exist"};
    return ask_http(fmt::format("/proc/self/fd/{}", socket.get()), question, limit);
}

/// A member as text, whatever scalar it is; empty if it is missing or null.
std::string member(const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_structured() || found->is_null()) return {};
    return found->is_string() ? found->get<std::string>() : found->dump();
}

std::uint64_t count(const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

PrivateState state_from(const nlohmann::json& json) {
    return {member(json, "release"),    member(json, "pid"),
            member(json, "invocation"), parse_state(member(json, "state")),
            count(json, "in_flight"),   count(json, "connections"),
            count(json, "requests")};
}

} // namespace

std::string_view text(ServingState state) noexcept {
    return k_states[static_cast<std::size_t>(state)];
}

PrivateSocket::PrivateSocket(const Paths& paths, std::string_view site, int release)
    : path_{paths.runtime / "baton" / site / std::to_string(release) / "http.sock"} {}

bool PrivateSocket::exists() const {
    return static_cast<bool>(find(path_));
}

std::optional<PrivateState> PrivateSocket::state(std::chrono::microseconds limit, std::string* why) const {
    const auto answer = ask(path_, {"GET", "/.baton/state", Want::body}, limit);
    const auto json = nlohmann::json::parse(answer.body, nullptr, false);
    if (json.is_object()) return state_from(json);
    if (why != nullptr)
        *why = answer.why.empty() ? fmt::format("status {}, but not a JSON object", answer.status) : answer.why;
    return std::nullopt;
}

HttpReply PrivateSocket::get(const std::string& target, const std::string& host,
                             std::chrono::microseconds limit) const {
    return ask(path_, {"GET", target, Want::told, host}, limit);
}

bool PrivateSocket::accept(std::chrono::microseconds limit) const {
    return ask(path_, {"POST", "/.baton/accept", Want::status}, limit).status / 100 == 2;
}

} // namespace baton::deploy
