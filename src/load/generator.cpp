// SPDX-License-Identifier: MIT
// Combines loop, tally, scripts and traffic, and ends the run in time.
#include "load/generator.hpp"

#include "base/error.hpp"
#include "load/traffic.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <atomic>
#include <future>
#include <thread>
#include <unistd.h>

namespace baton::load {
namespace {

constexpr auto k_until_file_poll = std::chrono::milliseconds{10}; // the longest delay before a stop by file is noticed
constexpr auto k_progress_period = std::chrono::seconds{1};

/// The processor time of this thread, getrusage(2).
Duration thread_cpu() noexcept {
    rusage usage{};
    (void)::getrusage(RUSAGE_THREAD, &usage);
    return std::chrono::seconds{usage.ru_utime.tv_sec + usage.ru_stime.tv_sec} +
           std::chrono::microseconds{usage.ru_utime.tv_usec + usage.ru_stime.tv_usec};
}

} // namespace

class Generator::Run final : private Handler {
  public:
    explicit Run(Config config);
    ~Run() { join(); }

    Result go();
    void launch();
    bool wait_ready(Duration limit);
    Result collect();
    void ask_to_stop() noexcept;
    void join() noexcept;

  private:
    void on_event(std::uint32_t events) override {
        if ((events & EPOLLIN) != 0) end(StopReason::asked); // an eventfd is always EPOLLOUT
    }
    void add_traffic();
    void begin();
    void end(StopReason reason);
    void on_newcomer(const VersionSeen& seen);
    void check_file(TimePoint now);
    void report_progress(TimePoint now);
    void become_ready(bool ready);
    Result conclude(Duration cpu_before);

    Config config_;
    Target target_;
    EventLoop loop_;
    Tally tally_;
    Fd wake_;
    std::vector<std::unique_ptr<Script>> scripts_;
    std::vector<std::unique_ptr<Traffic>> traffic_;
    Timer duration_;
    Timer file_;
    Timer progress_;
    TimePoint started_;
    std::chrono::system_clock::time_point started_utc_;
    std::optional<TimePoint> stopped_;
    StopReason reason_ = StopReason::asked;
    bool ready_told_ = false;
    std::promise<bool> ready_;
    std::shared_future<bool> ready_future_ = ready_.get_future().share();
    std::thread thread_;
    std::future<Result> outcome_;
};

Generator::Run::Run(Config config)
    : config_{std::move(config)},
      target_{config_.target},
      tally_{config_.modes},
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      duration_(loop_, [this](TimePoint) { end(StopReason::duration); }),
      file_(loop_, [this](TimePoint now) { check_file(now); }),
      progress_(loop_, [this](TimePoint now) { report_progress(now); }) {
    config_.validate();
    if (!wake_) throw errno_error("creating an eventfd");
    if (const int error = loop_.watch(wake_.get(), *this); error != 0) throw errno_error("watching an eventfd", error);
    tally_.limit = config_.requests;
    tally_.on_limit = [this] { end(StopReason::requests); };
    tally_.on_ready = [this] { become_ready(true); };
    tally_.on_newcomer = [this](const VersionSeen& seen) { on_newcomer(seen); };
    add_traffic();
}

void Generator::Run::add_traffic() {
    for (std::size_t i = 0; i < config_.modes.size(); ++i) {
        const auto& mode = config_.modes[i];
        scripts_.push_back(make_script(mode, config_, target_, tally_.roster()));
        const ClientSetting setting{
            loop_, tally_, target_, *scripts_.back(), i, config_.timeout, mode.mode != Mode::fresh};
        traffic_.push_back(make_traffic(mode, setting));
    }
}

Result Generator::Run::go() {
    const auto cpu_before = thread_cpu();
    begin();
    loop_.run();
    if (!ready_told_) become_ready(false);
    return conclude(cpu_before);
}

void Generator::Run::begin() {
    started_ = Clock::now();
    started_utc_ = std::chrono::system_clock::now();
    if (config_.duration) duration_.arm(started_ + *config_.duration);
    if (!config_.until_file.empty()) file_.arm(started_);
    if (config_.on_progress) progress_.arm(started_ + k_progress_period);
    for (auto& traffic : traffic_)
        traffic->start(started_);
}

void Generator::Run::end(StopReason reason) {
    if (stopped_) return;
    reason_ = reason;
    stopped_ = Clock::now();
    tally_.stop(*stopped_);
    duration_.disarm();
    file_.disarm();
    for (auto& traffic : traffic_)
        traffic->stop();
    if (tally_.pending() == 0 || reason == StopReason::until_version)
        loop_.quit();
    else
        tally_.on_drained = [this] { loop_.quit(); };
}

void Generator::Run::on_newcomer(const VersionSeen& seen) {
    if (!config_.until_version.empty() && seen.identity.ver == config_.until_version) end(StopReason::until_version);
}

void Generator::Run::check_file(TimePoint now) {
    if (::access(config_.until_file.c_str(), F_OK) == 0)
        end(StopReason::until_file);
    else
        file_.arm(now + k_until_file_poll);
}

void Generator::Run::report_progress(TimePoint now) {
    auto progress = tally_.progress();
    progress.elapsed = now - started_;
    config_.on_progress(progress);
    progress_.arm(now + k_progress_period);
}

void Generator::Run::become_ready(bool ready) {
    ready_told_ = true;
    ready_.set_value(ready);
    if (ready && config_.on_ready) config_.on_ready();
}

Result Generator::Run::conclude(Duration cpu_before) {
    auto result = tally_.result();
    result.target = target_.text();
    result.started = started_;
    result.started_utc = started_utc_;
    result.stopped = stopped_.value_or(Clock::now());
    result.ended = Clock::now();
    result.reason = reason_;
    result.cpu = thread_cpu() - cpu_before;
    return result;
}

void Generator::Run::launch() {
    std::packaged_task<Result()> task{[this] { return go(); }};
    outcome_ = task.get_future();
    thread_ = std::thread{std::move(task)};
}

bool Generator::Run::wait_ready(Duration limit) {
    return ready_future_.wait_for(limit) == std::future_status::ready && ready_future_.get();
}

Result Generator::Run::collect() {
    auto result = outcome_.get();
    join();
    return result;
}

void Generator::Run::ask_to_stop() noexcept {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one); // a full eventfd has the same effect; write(2) is signal-safe
}

void Generator::Run::join() noexcept {
    if (!thread_.joinable()) return;
    ask_to_stop();
    thread_.join();
}

Generator::Generator(Config config) : run_{std::make_unique<Run>(std::move(config))} {}
Generator::~Generator() = default;
Result Generator::run() {
    return run_->go();
}
void Generator::start() {
    run_->launch();
}
bool Generator::wait_ready(Duration limit) {
    return run_->wait_ready(limit);
}
Result Generator::wait() {
    return run_->collect();
}
void Generator::stop() noexcept {
    run_->ask_to_stop();
}

bool raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    limit.rlim_cur = limit.rlim_max;
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

} // namespace baton::load
