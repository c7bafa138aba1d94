// SPDX-License-Identifier: MIT
// A client's batch, step by step: connect, send, take the replies, record each in the tally.
#include "load/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace baton::load {
namespace {

constexpr std::string_view k_too_long = "bytes after the end of the reply";

std::string end_text(int error_number) {
    return error_number == 0 ? "end of file" : std::system_category().message(error_number);
}

} // namespace

Client::Client(const ClientSetting& setting, Driver& driver)
    : setting_{setting},
      driver_{driver},
      wire_{setting.loop, *this},
      deadline_(setting.loop, [this](TimePoint now) { on_deadline(now); }),
      pace_(setting.loop, [this](TimePoint) { send_pieces(); }) {}

void Client::begin(TimePoint planned) {
    const auto now = Clock::now();
    planned_ = std::min(planned, now);
    setting_.script.compose(request_);
    owed_ = request_.replies;
    body_sent_ = 0;
    all_good_ = true;
    parser_.reset();
    setting_.tally.start(setting_.mode, owed_, now);
    arm_deadline();
    if (wire_.connected())
        transmit();
    else
        connect(now);
}

void Client::begin_after_pause(TimePoint planned) {
    if (ended_unseen()) {
        setting_.tally.count_closed_idle();
        wire_.close();
    }
    begin(planned);
}

/// An armed timer is due earlier, and on_deadline() then moves it. So a busy client touches the ordered set of timers
/// once per timeout, not once per request.
void Client::arm_deadline() {
    if (!deadline_.armed()) deadline_.arm(planned_ + setting_.timeout);
}

void Client::on_deadline(TimePoint now) {
    if (!busy()) return;
    const auto limit = planned_ + setting_.timeout;
    if (now < limit) return deadline_.arm(limit);
    lose(Failure::timeout, stage() == Stage::replying ? "the reply is incomplete" : "no reply");
}

void Client::connect(TimePoint now) {
    replies_ = 0;
    connected_ = false;
    answered_by_.reset();
    connected_at_ = now;
    setting_.tally.count_connection();
    if (const int error = wire_.open(setting_.target); error != 0)
        lose(classify(Stage::connecting, error), end_text(error));
    else if (wire_.connected())
        on_connected();
}

void Client::on_connected() {
    connected_ = true;
    transmit();
}

void Client::transmit() {
    wire_.send(request_.head);
    if (!request_.body.empty()) send_pieces();
}

void Client::send_pieces() {
    const auto size = std::min(request_.piece_bytes, request_.body.size() - body_sent_);
    const auto piece = std::string_view{request_.body}.substr(body_sent_, size);
    body_sent_ += size;
    const bool last = body_sent_ == request_.body.size();
    if (request_.chunked)
        wire_.send(fmt::format("{:x}\r\n{}\r\n{}", size, piece, last ? "0\r\n\r\n" : ""));
    else
        wire_.send(piece);
    if (!last) pace_.arm(Clock::now() + request_.pause);
}

Stage Client::stage() const noexcept {
    if (!connected_) return Stage::connecting;
    if (parser_.begun()) return Stage::replying;
    return replies_ > 0 ? Stage::next_unsaid : Stage::first_unsaid;
}

void Client::on_bytes(std::string_view bytes) {
    if (!busy()) { // such as a 408 before an idle close; RFC 9110 15.5.9
        setting_.tally.count_closed_idle();
        return wire_.close();
    }
    while (!bytes.empty()) {
        bytes.remove_prefix(parser_.feed(bytes));
        if (parser_.bad()) return lose(Failure::bad_body, "not HTTP");
        if (!parser_.complete()) return;
        if (!settle_one(owed_ == 1 && !bytes.empty())) return;
    }
}

void Client::on_ended(int error_number) {
    if (!busy()) return setting_.tally.count_closed_idle();
    if (error_number == 0 && parser_.finish_at_eof()) {
        (void)settle_one(false);
        return;
    }
    lose(classify(stage(), error_number), end_text(error_number));
}

bool Client::settle_one(bool surplus) {
    const auto now = Clock::now();
    judge(surplus, now);
    --owed_;
    ++replies_;
    // A reply to half an upload leaves the other half on the connection: it cannot be used again.
    const bool unsent = body_sent_ < request_.body.size() || wire_.backlog() > 0;
    const bool usable = parser_.keeps_alive() && !surplus && !unsent && wire_.connected();
    if (!parser_.keeps_alive() && setting_.keeps_connections) setting_.tally.count_close_announced();
    parser_.reset();
    if (!usable) wire_.close();
    if (owed_ == 0) {
        if (usable && wire_.end_seen()) {
            setting_.tally.count_closed_idle();
            wire_.close();
        }
        finish(all_good_ ? Outcome::answered : Outcome::failed, now);
        return false;
    }
    if (usable) return true;
    lose(Failure::closed_reused, "the connection was closed before this pipelined request was answered");
    return false;
}

void Client::judge(bool surplus, TimePoint now) {
    if (parser_.status() / 100 != 2)
        return note_failure(Failure::bad_status, fmt::format("status {}", parser_.status()), now);
    const auto verdict = setting_.script.judge(parser_, request_);
    if (!verdict.complaint.empty() || surplus)
        return note_failure(Failure::bad_body, surplus ? k_too_long : verdict.complaint, now);
    setting_.tally.answer(setting_.mode, planned_, now);
    if (!verdict.identity) return;
    answered_by_ = verdict.identity;
    setting_.tally.identify(*verdict.identity, connected_at_, now);
}

void Client::note_failure(Failure failure, std::string_view detail, TimePoint now) {
    all_good_ = false;
    Example example{now, setting_.mode, failure, std::string{detail}, {}};
    if (answered_by_) {
        const auto& [ver, pid] = setting_.tally.roster().seen()[*answered_by_].identity;
        example.answered_by = fmt::format("{}/{}", ver, pid);
    }
    setting_.tally.fail(example, planned_);
}

/// Ends the batch: the current reply is a `failure`; the replies after it in the pipeline never began.
void Client::lose(Failure failure, std::string_view detail) {
    const auto now = Clock::now();
    wire_.close();
    note_failure(failure, detail, now);
    const auto rest = failure == Failure::cut || failure == Failure::bad_body ? Failure::closed_reused : failure;
    for (; owed_ > 1; --owed_)
        note_failure(rest, detail, now);
    owed_ = 0;
    finish(Outcome::failed, now);
}

void Client::finish(Outcome outcome, TimePoint now) {
    pace_.disarm();
    driver_.on_batch_over(*this, outcome, now);
}

} // namespace baton::load
