// SPDX-License-Identifier: MIT
#include "sd/bus.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace baton::sd {
namespace {

using namespace std::chrono_literals;

constexpr auto k_service = "org.freedesktop.systemd1";
constexpr auto k_path = "/org/freedesktop/systemd1";
constexpr auto k_manager = "org.freedesktop.systemd1.Manager";
constexpr auto k_reconnect_limit = 30s; // for a daemon-reexec on a busy host
constexpr auto k_reconnect_pause = 10ms;

class BusError {
  public:
    BusError() = default;
    BusError(const BusError&) = delete;
    BusError& operator=(const BusError&) = delete;
    ~BusError() { sd_bus_error_free(&raw_); }
    sd_bus_error* get() { return &raw_; }
    /// Keeps the D-Bus name: code branches on it and people search for it.
    [[nodiscard]] std::string text(int result) const {
        if (raw_.message == nullptr) return std::system_category().message(-result);
        return fmt::format("{} ({})", printable(raw_.message), raw_.name);
    }

  private:
    sd_bus_error raw_{};
};

/// systemctl(1) uses the same: PID 1's for root, and a user's own. Empty if there is none.
std::string private_address(Scope scope) {
    if (scope == Scope::system) return ::geteuid() == 0 ? "unix:path=/run/systemd/private" : "";
    const char* const runtime = ::secure_getenv("XDG_RUNTIME_DIR");
    // sd_bus_set_address(3) would want other characters escaped
    constexpr auto k_plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
    if (runtime == nullptr || std::string_view{runtime}.find_first_not_of(k_plain) != std::string_view::npos) return {};
    return fmt::format("unix:path={}/systemd/private", runtime);
}

int open_private(const std::string& address, sd_bus** bus) {
    if (address.empty()) return -ENOENT;
    const int made = sd_bus_new(bus);
    if (made < 0) return made;
    const int addressed = sd_bus_set_address(*bus, address.c_str());
    return addressed < 0 ? addressed : sd_bus_start(*bus);
}

int open(Scope scope, sd_bus** bus) {
    const int result = open_private(private_address(scope), bus);
    if (result >= 0) return result;
    *bus = sd_bus_flush_close_unref(*bus);
    return scope == Scope::user ? sd_bus_open_user(bus) : sd_bus_open_system(bus);
}

/// The manager greets a direct connection when it comes to it; sd-bus would wait for a minute and a half.
int wait_until_ready(sd_bus* bus, std::chrono::seconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        const int processed = sd_bus_process(bus, nullptr);
        if (processed < 0) return processed;
        if (sd_bus_is_ready(bus) > 0) return 0;
        if (processed > 0) continue;
        const auto left = std::chrono::ceil<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now());
        if (left <= 0us) return -ETIMEDOUT;
        const int waited = sd_bus_wait(bus, static_cast<std::uint64_t>(left.count()));
        if (waited < 0 && waited != -EINTR) return waited;
    }
}

int handle(sd_bus_message* message, void* userdata, sd_bus_error*) {
    (*static_cast<Handler*>(userdata))(message);
    return 0;
}

} // namespace

void check(int result, const std::string& doing) {
    if (result < 0) throw Error{fmt::format("{}: {}", doing, std::system_category().message(-result))};
}

Bus::Bus(Scope scope, std::chrono::seconds limit, std::function<void()> before_connecting, Handler on_job_removed,
         Handler on_change)
    : scope_{scope},
      limit_{limit},
      before_connecting_{std::move(before_connecting)},
      on_job_removed_{std::move(on_job_removed)},
      on_change_{std::move(on_change)},
      connection_{nullptr, sd_bus_flush_close_unref} {
    before_connecting_();
    try {
        connect();
    } catch (const Error& error) {
        throw error.with_hint(
            fmt::format("check that it runs here: systemctl {} is-system-running", scope_option(scope)));
    }
    subscribe();
}

Bus::~Bus() = default;

void Bus::connect() {
    sd_bus* raw = nullptr;
    int result = open(scope_, &raw);
    connection_.reset(raw);
    if (result >= 0) result = wait_until_ready(raw, limit_);
    if (result >= 0) return;
    (void)sd_bus_close_unref(connection_.release()); // not flushed: that would wait for who does not answer
    throw errno_error(scope_ == Scope::user ? "connecting to your service manager" : "connecting to systemd", -result);
}

void Bus::subscribe() {
    const std::string doing = "subscribing to systemd's jobs";
    auto* const bus = connection_.get();
    const char* name = nullptr; // a direct connection has no name, and its messages have no sender to compare
    const auto* const sender = sd_bus_get_unique_name(bus, &name) >= 0 ? k_service : nullptr;
    check(sd_bus_match_signal(bus, nullptr, sender, k_path, k_manager, "JobRemoved", handle, &on_job_removed_), doing);
    check(sd_bus_match_signal(bus, nullptr, sender, nullptr, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                              handle, &on_change_),
          doing);
    check(sd_bus_set_method_call_timeout(bus, static_cast<std::uint64_t>(std::chrono::microseconds{limit_}.count())),
          doing);
    BusError error;
    const int result =
        sd_bus_call_method(bus, k_service, k_path, k_manager, "Subscribe", error.get(), nullptr, nullptr);
    if (result < 0) throw Error{fmt::format("{}: {}", doing, error.text(result))};
}

void Bus::reconnect(const std::string& doing) {
    ++losses_;
    before_connecting_(); // may take long
    const auto deadline = std::chrono::steady_clock::now() + k_reconnect_limit;
    for (;;)
        try {
            connect();
            return subscribe();
        } catch (const Error& error) {
            if (std::chrono::steady_clock::now() >= deadline) throw error.within(doing);
            std::this_thread::sleep_for(k_reconnect_pause);
        }
}

/// Throws unless `result` means that the connection was lost and could be restored.
void Bus::require_open(int result, const std::string& doing) {
    if (sd_bus_is_open(connection_.get()) > 0) check(result, doing);
    reconnect(doing);
}

Message Bus::call(const Method& method, const std::string& doing, const Fill& fill) {
    for (;;) {
        if (!is_connected()) reconnect(doing);
        Message request;
        Message reply;
        BusError error;
        auto* const bus = connection_.get();
        int result = sd_bus_message_new_method_call(bus, request.out(), k_service, method.path.c_str(),
                                                    method.interface, method.name);
        if (result >= 0 && fill) result = fill(request.get());
        if (result >= 0) result = sd_bus_call(bus, request.get(), 0, error.get(), reply.out());
        if (result >= 0) return reply;
        if (sd_bus_is_open(bus) > 0) throw Error{fmt::format("{}: {}", doing, error.text(result))};
        reconnect(doing);
    }
}

/// Handles what arrives until it is the reply to the call `cookie`. Empty if the connection is lost.
Message Bus::receive_reply(std::uint64_t cookie, const std::string& doing) {
    const auto deadline = std::chrono::steady_clock::now() + limit_;
    auto* const bus = connection_.get();
    for (;;) {
        sd_bus_message* raw = nullptr;
        int result = sd_bus_process(bus, &raw);
        Message message{raw};
        std::uint64_t answered = 0;
        if (raw != nullptr && sd_bus_message_get_reply_cookie(raw, &answered) >= 0 && answered == cookie)
            return message;
        if (result == 0) {
            const auto left = std::chrono::ceil<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now());
            if (left <= 0us) throw errno_error(doing, ETIMEDOUT);
            result = sd_bus_wait(bus, static_cast<std::uint64_t>(left.count()));
        }
        if (result >= 0 || result == -EINTR) continue;
        if (sd_bus_is_open(bus) > 0) check(result, doing);
        return Message{};
    }
}

/// Their cookies; fewer if the connection is lost.
std::vector<std::uint64_t> Bus::send_all(const Method& method, const std::string& doing,
                                         const std::vector<Fill>& fills) {
    auto* const bus = connection_.get();
    std::vector<std::uint64_t> cookies;
    for (const auto& fill : fills) {
        Message request;
        check(sd_bus_message_new_method_call(bus, request.out(), k_service, method.path.c_str(), method.interface,
                                             method.name),
              doing);
        check(fill(request.get()), doing);
        std::uint64_t cookie = 0;
        if (sd_bus_send(bus, request.get(), &cookie) < 0) break;
        cookies.push_back(cookie);
    }
    return cookies;
}

/// The replies, errors among them.
std::vector<Message> Bus::exchange_all(const Method& method, const std::string& doing, const std::vector<Fill>& fills) {
    for (;;) {
        if (!is_connected()) reconnect(doing);
        std::vector<Message> replies;
        for (const auto cookie : send_all(method, doing, fills)) { // the manager answers in order
            auto reply = receive_reply(cookie, doing);
            if (reply.get() == nullptr) break;
            replies.push_back(std::move(reply));
        }
        if (replies.size() == fills.size()) return replies;
        reconnect(doing);
    }
}

std::vector<Message> Bus::call_all(const Method& method, const std::string& doing, const std::vector<Fill>& fills) {
    auto replies = exchange_all(method, doing, fills);
    for (const auto& reply : replies)
        if (const auto* const error = sd_bus_message_get_error(reply.get()))
            throw Error{fmt::format("{}: {} ({})", doing, printable(error->message), error->name)};
    return replies;
}

std::vector<bool> Bus::try_all(const char* method, const std::string& doing, const std::vector<Fill>& fills) {
    std::vector<bool> succeeded;
    for (const auto& reply : exchange_all({k_path, k_manager, method}, doing, fills))
        succeeded.push_back(sd_bus_message_get_error(reply.get()) == nullptr);
    return succeeded;
}

Message Bus::call(const char* method, const std::string& doing, const Fill& fill) {
    return call({k_path, k_manager, method}, doing, fill);
}

void Bus::try_call(const char* method, const Fill& fill) noexcept try {
    (void)call(method, "", fill);
} catch (const Error&) { // see the header
}

void Bus::process(const std::string& doing) {
    if (!is_connected()) reconnect(doing);
    for (;;) {
        const int processed = sd_bus_process(connection_.get(), nullptr);
        if (processed == 0) return;
        if (processed < 0) require_open(processed, doing);
    }
}

bool Bus::wait(const std::string& doing, std::initializer_list<int> others, std::chrono::milliseconds limit) {
    if (!is_connected()) reconnect(doing);
    const int fd = sd_bus_get_fd(connection_.get());
    if (fd < 0) {
        require_open(fd, doing);
        return false;
    }
    std::vector<pollfd> wanted{{fd, POLLIN, 0}};
    for (const int other : others)
        wanted.push_back({other, POLLIN, 0});
    (void)::poll(wanted.data(), wanted.size(), static_cast<int>(limit.count()));
    process(doing);
    return std::any_of(wanted.begin() + 1, wanted.end(), [](const pollfd& it) { return it.revents != 0; });
}

} // namespace baton::sd
