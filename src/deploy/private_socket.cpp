// SPDX-License-Identifier: MIT
#include "deploy/private_socket.hpp"

#include "base/fd.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace baton::deploy {
namespace {

constexpr std::size_t k_most_body_bytes = 64UL * 1024;

/// The socket itself: the directory it is in is the program's own, which could put a symlink to another's there.
Fd find(const std::filesystem::path& path) {
    Fd fd{::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
    struct stat st {};
    return fd && ::fstat(fd.get(), &st) == 0 && S_ISSOCK(st.st_mode) ? std::move(fd) : Fd{};
}

/// Ends what `client` does when its time is over; httplib itself bounds each read, not their sum.
class Deadline {
  public:
    Deadline(httplib::Client& client, std::chrono::microseconds limit)
        : timer_{[this, &client, until = std::chrono::steady_clock::now() + limit] {
              std::unique_lock lock{mutex_};
              if (!changed_.wait_until(lock, until, [this] { return done_; })) client.stop();
          }} {}
    ~Deadline() {
        {
            const std::lock_guard lock{mutex_};
            done_ = true;
        }
        changed_.notify_one();
        timer_.join();
    }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
    std::thread timer_;
};

struct Answer {
    int status = 0; ///< 0: none came
    std::string body;
    std::string why; ///< there is none
};

/// What answers is the program's own doing: it may be of any size, trickle, or never end.
Answer ask(const std::filesystem::path& path, const char* method, const std::string& target,
           std::chrono::microseconds limit) {
    Answer answer;
    const auto socket = find(path);
    if (!socket) return {0, {}, "there is no socket"};
    httplib::Client http{fmt::format("/proc/self/fd/{}", socket.get())};
    http.set_address_family(AF_UNIX);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
    const auto rest = (limit - seconds).count();
    http.set_connection_timeout(seconds.count(), rest);
    http.set_read_timeout(seconds.count(), rest);
    http.set_write_timeout(seconds.count(), rest);
    httplib::Request request;
    request.method = method;
    request.path = target;
    request.headers = {{"Host", "localhost"}}; // httplib would send the socket's path, which is no host
    request.response_handler = [&](const httplib::Response& response) {
        answer.status = response.status;
        return true;
    };
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
        if (answer.body.size() + size > k_most_body_bytes) return false;
        answer.body.append(data, size);
        return true;
    };
    const Deadline deadline{http, limit};
    const auto result = http.send(request);
    if (result) answer.status = result->status;
    if (answer.status == 0) answer.why = httplib::to_string(result.error());
    return answer;
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
    return static_cast<bool>(find(path_));
}

std::optional<PrivateState> PrivateSocket::state(std::chrono::microseconds limit, std::string* why) const {
    const auto answer = ask(path_, "GET", "/.baton/state", limit);
    const auto json = nlohmann::json::parse(answer.body, nullptr, false);
    if (json.is_object()) return state_from(json);
    if (why != nullptr)
        *why = answer.status == 0 ? answer.why : fmt::format("status {} and no JSON object", answer.status);
    return std::nullopt;
}

std::optional<int> PrivateSocket::get(const std::string& target, std::chrono::microseconds limit,
                                      std::string& why) const {
    const auto answer = ask(path_, "GET", target, limit);
    why = answer.why;
    return answer.status == 0 ? std::nullopt : std::optional{answer.status};
}

bool PrivateSocket::accept(std::chrono::microseconds limit) const {
    return ask(path_, "POST", "/.baton/accept", limit).status / 100 == 2;
}

} // namespace baton::deploy
