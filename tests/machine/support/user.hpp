// SPDX-License-Identifier: MIT
// A user of the machine with a service manager of their own, and a site of theirs.
#pragma once

#include "support/command.hpp"

#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace machine {

enum class Linger { yes, no };

class User {
  public:
    /// Makes the user, and starts their manager: by `loginctl enable-linger`, or as a login would.
    explicit User(const std::string& name, Linger linger = Linger::yes);
    /// Ends their manager, and removes them with their home directory.
    ~User();
    User(const User&) = delete;
    User& operator=(const User&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] uid_t uid() const { return uid_; }
    [[nodiscard]] std::filesystem::path home() const { return std::filesystem::path{"/home"} / name_; }
    [[nodiscard]] std::filesystem::path runtime() const;
    /// The unit of PID 1 that is their manager.
    [[nodiscard]] std::string manager() const;
    /// As they would type it in sh, at home. `environment`: more of it, or other.
    [[nodiscard]] Finished types(const std::string& command, const std::string& environment = "") const;
    /// The same, and it must succeed. Its standard output, without the last newline.
    std::string done(const std::string& command) const;

  private:
    std::string name_;
    uid_t uid_ = 0;
};

class UsersSite {
  public:
    /// Makes the directory ~/NAME with tests/programs/shop and watch.conf, "Ver": "1".
    UsersSite(const User& user, const std::string& name);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] std::filesystem::path directory() const { return user_.home() / name_; }
    [[nodiscard]] std::filesystem::path state() const { return user_.home() / ".local/state/baton" / name_; }
    [[nodiscard]] std::string unit(int release) const;

    /// Writes watch.conf in place, as the user does.
    void edit(std::string_view ver, std::string_view more = "") const;
    /// Copies a program over the site's own, "test".
    void upload(const std::filesystem::path& program) const;
    [[nodiscard]] Finished add() const;
    [[nodiscard]] std::string show(const std::string& unit, const std::string& property) const;
    /// A value of `baton --user status --json`, by JSON pointer in its entry.
    [[nodiscard]] std::string status(const std::string& pointer) const;
    void wait_for_version(const std::string& ver) const;
    void wait_for_status(const std::string& pointer, const std::string& value) const;

    std::string http_port; ///< what edit() writes

  private:
    const User& user_;
    std::string name_;
    std::string address_;
};

} // namespace machine
