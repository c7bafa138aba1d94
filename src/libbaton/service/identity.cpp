// SPDX-License-Identifier: MIT
#include "libbaton/service/identity.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace baton::service {
namespace {

std::string variable(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? std::string{} : std::string{text};
}

/// Replaces control characters, which are meaningless in a version, with "?". RFC 8259 section 7.
std::string json_text(std::string_view text) {
    if (text.empty()) return "null";
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
    return quoted + "\"";
}

class Object {
  public:
    Object& add(const char* key, const std::string& json) {
        text_ += text_.empty() ? "{\"" : ",\"";
        text_.append(key).append("\":").append(json);
        return *this;
    }
    [[nodiscard]] std::string str() const { return text_ + "}\n"; }

  private:
    std::string text_;
};

} // namespace

Identity Identity::from_environment() {
    return {variable("BATON_SITE"), variable("BATON_RELEASE"), variable("BATON_VER"), variable("INVOCATION_ID")};
}

std::string Identity::journal_lines() const {
    std::string lines;
    for (const auto& [key, text] : {std::pair{"BATON_SITE=", site}, std::pair{"BATON_RELEASE=", release}})
        if (!text.empty() && text.find('\n') == std::string::npos) lines.append(key).append(text).append("\n");
    return lines;
}

std::string state_json(const Identity& identity, const engine::Core& core) {
    const auto number = [](const auto& counter) { return std::to_string(engine::value(counter)); };
    const auto& counters = core.counters;
    return Object{}
        .add("version", "1")
        .add("site", json_text(identity.site))
        .add("release", json_text(identity.release))
        .add("pid", std::to_string(::getpid()))
        .add("invocation", json_text(identity.invocation))
        .add("ver", json_text(identity.version))
        .add("state", json_text(public_name(core.serving())))
        .add("in_flight", number(counters.in_flight))
        .add("connections", number(counters.connections))
        .add("requests", number(counters.requests))
        .add("drained", number(counters.drained))
        .add("closed_idle", number(counters.closed_idle))
        .add("cut", number(counters.cut))
        .str();
}

} // namespace baton::service
