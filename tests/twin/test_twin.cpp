// SPDX-License-Identifier: MIT
// An httplib program means on baton::Server what it means on httplib: rule R4 of docs/ARCHITECTURE.md.
#include "program.hpp"
#include "requests.hpp"

#include "../libbaton/client.hpp"

#include <baton/server.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

namespace {

/// A directory with a.txt in it, for the mount point.
class Files {
  public:
    Files() {
        std::string name = (std::filesystem::temp_directory_path() / "twin-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"making a directory"};
        path_ = name;
        std::ofstream{path_ / "a.txt"} << "0123456789";
    }
    ~Files() { std::filesystem::remove_all(path_); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

/// The program on one of the two, used through nothing but httplib::Server.
class Running {
  public:
    Running(std::unique_ptr<httplib::Server> server, const std::string& files) : server_{std::move(server)} {
        twin::add_routes(*server_, journal_, files);
        server_->set_keep_alive_timeout(1);
        port_ = server_->bind_to_any_port("127.0.0.1");
        thread_ = std::thread{[this] { ended_well_ = server_->listen_after_bind(); }};
        for (int i = 0; i < 1000 && !server_->is_running(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    ~Running() { end(); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    bool end() {
        if (!thread_.joinable()) return ended_well_;
        server_->stop();
        thread_.join();
        return ended_well_;
    }

    [[nodiscard]] test::MaybeReply reply_to(const twin::Question& question) const {
        test::Client client{static_cast<std::uint16_t>(port_)};
        client.send(question.bytes);
        const auto body = question.head ? test::Body::none : test::Body::expected;
        auto reply = client.read_reply(body);
        return reply && reply->status == 100 ? client.read_reply(body)
                                             : reply; // httplib says it whether or not it is of use
    }

    /// Status, fields, body and what the logger saw, as text; without what chance decides.
    [[nodiscard]] std::string ask(const twin::Question& question) {
        const auto reply = reply_to(question);
        if (!reply) return "no reply";
        std::vector<std::string> fields;
        for (const auto& [name, value] : reply->fields)
            if (name != "Date" && name != "Connection" && name != "Keep-Alive") fields.push_back(name + ": " + value);
        std::sort(fields.begin(), fields.end());
        auto text = std::to_string(reply->status) + "\n";
        for (const auto& field : fields)
            text += field + "\n";
        return text + reply->body + "\nlogged: " + journal_.entry(question.id);
    }

    [[nodiscard]] int port() const { return port_; }

  private:
    std::unique_ptr<httplib::Server> server_;
    twin::Journal journal_;
    int port_ = -1;
    bool ended_well_ = false;
    std::thread thread_;
};

constexpr std::string_view k_range = "Range: bytes=2-4\r\n";

/// The body of a handler that tells what it sees, without the range.
std::string without_range(std::string body) {
    for (const std::string_view part : {"Range=bytes=2-4; ", "2-4; "})
        if (const auto at = body.find(part); at != std::string::npos) body.erase(at, part.size());
    return body;
}

} // namespace

TEST_CASE("a program means on baton::Server what it means on httplib") {
    const Files files;
    Running stock{std::make_unique<httplib::Server>(), files.path()};
    Running ours{std::make_unique<baton::Server>(), files.path()};
    REQUIRE(ours.port() > 0);
    const auto questions = twin::all_questions();
    CHECK(questions.size() >= 300);
    for (const auto& question : questions) {
        const auto expected = stock.ask(question);
        const auto answer = ours.ask(question);
        CAPTURE(question.name);
        if (const auto why = twin::why_different(question.name); why.empty()) CHECK(answer == expected);
    }
    CHECK(ours.end());
}

TEST_CASE(
    "a range takes a part of what httplib replies without it to a GET, if that is whole; else it changes nothing") {
    const Files files;
    Running stock{std::make_unique<httplib::Server>(), files.path()};
    Running ours{std::make_unique<baton::Server>(), files.path()};
    int parts = 0;
    for (const auto& question : twin::all_questions()) {
        if (question.bytes.find(k_range) == std::string::npos) continue;
        CAPTURE(question.name);
        auto without = question;
        without.bytes.erase(without.bytes.find(k_range), k_range.size());
        const auto whole = stock.reply_to(without);
        const auto reply = ours.reply_to(question);
        const bool is_get = question.name.rfind("GET ", 0) == 0;
        if (is_get && whole->status == 200 && whole->body.size() > 2 && !whole->all("Content-Length").empty()) {
            ++parts;
            CHECK(reply->status == 206);
            CHECK(reply->field("Content-Range").rfind("bytes 2-", 0) == 0);
            CHECK(reply->body == whole->body.substr(2, 3));
        } else {
            CHECK(reply->status == whole->status);
            CHECK(reply->all("Content-Range").empty());
            CHECK(without_range(reply->body) == whole->body);
        }
    }
    CHECK(parts >= 30);
}

TEST_CASE("every difference that is listed is one") {
    const Files files;
    Running stock{std::make_unique<httplib::Server>(), files.path()};
    Running ours{std::make_unique<baton::Server>(), files.path()};
    std::map<std::string, int> seen;
    for (const auto& question : twin::all_questions()) {
        const auto why = twin::why_different(question.name);
        if (!why.empty()) seen[why] += ours.ask(question) != stock.ask(question) ? 1 : 0;
    }
    for (const auto& [why, count] : seen) {
        CAPTURE(why);
        CHECK(count > 0);
    }
}
