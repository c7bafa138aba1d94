// SPDX-License-Identifier: MIT
#include "support/journal.hpp"

#include "support/command.hpp"

#include <stdexcept>

namespace machine {
namespace {

sd_journal* open_journal() {
    sd_journal* journal = nullptr;
    if (::sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY) < 0) throw std::runtime_error{"opening the journal"};
    return journal;
}

unsigned long long now_usec() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<unsigned long long>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

/// Everything that was sent before is in the journal's files afterwards.
void sync_journal() {
    REQUIRE(run({"journalctl", "--sync"}).status == 0);
}

} // namespace

Journal::Journal(const std::string& site)
    : journal_{open_journal(), &::sd_journal_close}, site_{site}, since_usec_{now_usec()} {
    const auto match = "BATON_SITE=" + site;
    ::sd_journal_add_match(journal_.get(), match.data(), match.size());
    ::sd_journal_seek_tail(journal_.get());
    // From the tail of a journal without a match there is no way on, so begin at its head then.
    if (::sd_journal_previous(journal_.get()) == 0) ::sd_journal_seek_head(journal_.get());
}

std::string Journal::field(const char* name) const {
    const void* data = nullptr;
    std::size_t length = 0;
    if (::sd_journal_get_data(journal_.get(), name, &data, &length) < 0) return {};
    const std::string text{static_cast<const char*>(data), length};
    return text.substr(text.find('=') + 1);
}

void Journal::read_on() {
    while (::sd_journal_next(journal_.get()) > 0) {
        const auto sent = field("_SOURCE_REALTIME_TIMESTAMP");
        if (sent.empty() || std::stoull(sent) < since_usec_) continue;
        if (field("_PID") == "1") continue; // systemd 257 sets LogExtraFields= in what it says of a unit as well
        entries_.push_back(
            {field("MESSAGE"), field("MESSAGE_ID"), field("BATON_SITE"), field("BATON_RELEASE"), field("BATON_STEP")});
    }
}

Entry Journal::wait_for(Event event, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        for (read_on(); waited_ < entries_.size();)
            if (auto& entry = entries_[waited_++]; entry.is(event)) return entry;
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left <= 0s) break;
        const auto usec = std::chrono::duration_cast<std::chrono::microseconds>(left).count();
        (void)::sd_journal_wait(journal_.get(), static_cast<std::uint64_t>(usec));
    }
    std::string told;
    for (const auto& entry : entries_)
        told += entry.message + "\n";
    FAIL("no " << baton::deploy::message_id(event) << " about " << site_ << " within " << limit.count() << " ms:\n"
               << told);
    return {};
}

const std::vector<Entry>& Journal::entries() {
    sync_journal();
    read_on();
    return entries_;
}

std::size_t Journal::count(Event event) {
    std::size_t count = 0;
    for (const auto& entry : entries())
        count += entry.is(event) ? 1U : 0U;
    return count;
}

std::string journal_of(const std::string& unit) {
    sync_journal();
    return run({"journalctl", "--unit", unit, "--output", "cat", "--no-pager"}).out;
}

} // namespace machine
