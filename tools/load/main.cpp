// SPDX-License-Identifier: MIT
// baton-load: makes requests, never repeats one, and reports the outcome of each. The only code here that prints.
#include "base/error.hpp"
#include "base/file.hpp"
#include "load/generator.hpp"
#include "load/report_json.hpp"
#include "load/report_text.hpp"
#include "options.hpp"

#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fcntl.h>

namespace {

using namespace baton;

std::atomic<load::Generator*> g_generator{nullptr}; // for the signal handler, which has no other argument

void on_stop_signal(int) {
    if (auto* generator = g_generator.load()) generator->stop();
}

/// The first SIGINT or SIGTERM ends the run in order; the second one kills the program.
void catch_stop_signals() {
    struct sigaction action = {};
    action.sa_handler = &on_stop_signal;
    action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
    for (const int signal : {SIGINT, SIGTERM})
        (void)::sigaction(signal, &action, nullptr);
}

void create_file(const std::string& path) {
    (void)open_file(path, O_WRONLY | O_CREAT, 0644);
}

void write_report(const std::string& path, const std::string& text) {
    if (path == "-") {
        fmt::print("{}", text);
        return;
    }
    write_file_atomically(path, text);
}

int run(load::Options& options) {
    auto& config = options.config;
    if (options.progress)
        config.on_progress = [](const load::Progress& now) { fmt::print(stderr, "{}", progress_text(now)); };
    if (!options.ready_file.empty()) config.on_ready = [&options] { create_file(options.ready_file); };
    (void)load::raise_descriptor_limit();
    load::Generator generator{config};
    g_generator = &generator;
    catch_stop_signals();
    const auto result = generator.run();
    g_generator = nullptr;

    if (!options.json_file.empty()) write_report(options.json_file, report_json(result, config.until_version));
    const bool awaits = !config.until_version.empty();
    if (options.json_file != "-")
        fmt::print("{}", awaits ? first_answer_text(result, config.until_version) : report_text(result));
    const bool good = awaits ? result.first_answer(config.until_version).has_value() : result.ok();
    return good ? 0 : 1;
}

int complain(const Error& error) {
    fmt::print(stderr, "baton-load: error: {}\n", error.what());
    if (!error.hint().empty()) fmt::print(stderr, "hint: {}\n", error.hint());
    return error.kind() == error_kind::usage ? 2 : 1;
}

} // namespace

int main(int argc, char** argv) try {
    auto options = load::read_options(argc, argv);
    return options ? run(*options) : 0;
} catch (const baton::Error& error) {
    return complain(error);
} catch (const std::exception& error) {
    return complain(Error{error.what()});
}
