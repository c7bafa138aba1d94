// SPDX-License-Identifier: MIT
#include "libbaton/service/metrics.hpp"

#include "libbaton/service/process_usage.hpp"

#include <prometheus/text_serializer.h>

#include <limits>
#include <optional>

namespace baton::service {
namespace {

using engine::Core;
using engine::Counters;
using engine::value;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Labels = std::vector<ClientMetric::Label>;

Labels labels_of(const Identity& identity) {
    Labels labels;
    const auto add = [&](const char* name, const std::string& text) {
        if (!text.empty()) labels.push_back({name, text});
    };
    add("site", identity.site);
    add("release", identity.release);
    add("version", identity.version);
    return labels;
}

/// Builds a page; every sample on it has the release's labels.
class Page {
  public:
    explicit Page(Labels common) : common_{std::move(common)} {}

    void begin(const char* name, const char* help, MetricType type) {
        families_.push_back({.name = name, .help = help, .type = type, .metric = {}});
    }
    /// Adds a sample of the last begun counter or gauge.
    void add(double number, Labels labels = {}) {
        auto& metric = add_metric(std::move(labels));
        (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = number;
    }
    void add(std::uint64_t number, Labels labels = {}) { add(static_cast<double>(number), std::move(labels)); }
    void counter(const char* name, const char* help, std::uint64_t number) {
        begin(name, help, MetricType::Counter);
        add(number);
    }
    void gauge(const char* name, const char* help, std::uint64_t number) {
        begin(name, help, MetricType::Gauge);
        add(number);
    }
    void add(const engine::DurationCounts& durations);
    [[nodiscard]] std::vector<MetricFamily> take() { return std::move(families_); }

  private:
    ClientMetric& add_metric(Labels labels) {
        labels.insert(labels.begin(), common_.begin(), common_.end());
        auto& metric = families_.back().metric.emplace_back();
        metric.label = std::move(labels);
        return metric;
    }

    Labels common_;
    std::vector<MetricFamily> families_;
};

void Page::add(const engine::DurationCounts& durations) {
    auto& histogram = add_metric({}).histogram;
    const auto& bounds = engine::DurationCounts::k_bounds;
    for (std::size_t i = 0; i <= bounds.size(); ++i) {
        histogram.sample_count += durations.in_bucket(i);
        const auto bound = i < bounds.size() ? std::chrono::duration<double>{bounds[i]}.count()
                                             : std::numeric_limits<double>::infinity();
        histogram.bucket.push_back({.cumulative_count = histogram.sample_count, .upper_bound = bound});
    }
    histogram.sample_sum = std::chrono::duration<double>{durations.sum()}.count();
}

void add_requests(Page& page, const Counters& counters) {
    page.begin("baton_http_requests_total", "Requests answered, by the class of their status.", MetricType::Counter);
    for (int digit = 1; digit <= engine::StatusCounts::k_classes; ++digit)
        page.add(counters.requests.of_class(digit), {{"code", std::to_string(digit) + "xx"}});
    page.gauge("baton_http_requests_in_flight", "Requests whose reply has not yet been handed to the kernel.",
               value(counters.in_flight));
    page.begin("baton_http_request_duration_seconds",
               "From a request's complete head until its reply's last byte is handed to the kernel.",
               MetricType::Histogram);
    page.add(counters.durations);
    page.counter("baton_http_replies_incomplete_total", "Replies that the client cannot have received completely.",
                 value(counters.incomplete));
    page.counter("baton_http_received_bytes_total", "Bytes received, heads and bodies.",
                 value(counters.received_bytes));
    page.counter("baton_http_sent_bytes_total", "Bytes sent, heads and bodies.", value(counters.sent_bytes));
}

void add_connections(Page& page, const Counters& counters, std::size_t limit) {
    const auto open = value(counters.connections);
    const auto in_flight = value(counters.in_flight);
    const auto reading = value(counters.reading);
    const auto writing = value(counters.writing);
    const auto lingering = value(counters.lingering);
    const auto without = [](std::uint64_t all, std::uint64_t part) { return all > part ? all - part : 0; };
    page.begin(
        "baton_http_connections",
        "Open connections: idle, with part of a request (reading), with a worker (active), with a reply that the "
        "client is slow to take (writing), or ended on our side (lingering).",
        MetricType::Gauge);
    page.add(without(open, in_flight + reading + lingering), {{"state", "idle"}});
    page.add(reading, {{"state", "reading"}});
    page.add(without(in_flight, writing), {{"state", "active"}});
    page.add(writing, {{"state", "writing"}});
    page.add(lingering, {{"state", "lingering"}});
    page.gauge("baton_http_connections_limit", "Above this, connections wait in the kernel's queue.", limit);
    page.counter("baton_http_connections_accepted_total", "Connections accepted.", value(counters.accepted));
}

void add_drain(Page& page, const Core& core) {
    const std::string_view state = public_name(core.serving());
    page.begin("baton_state", "1 for the current state: held, serving or draining.", MetricType::Gauge);
    for (const char* const name : {"held", "serving", "draining"})
        page.add(std::uint64_t{state == name}, {{"state", name}});
    page.counter("baton_drain_requests_total", "Requests answered since draining began.", value(core.counters.drained));
    page.counter("baton_drain_closed_idle_total", "Connections closed at their idle timeout since draining began.",
                 value(core.counters.closed_idle));
    page.counter("baton_drain_cut_total", "Requests ended by the drain's deadline or a second signal.",
                 value(core.counters.cut));
}

void add_process(Page& page) {
    const auto usage = ProcessUsage::now();
    const auto add = [&](const char* name, const char* help, MetricType type, const std::optional<double>& number) {
        if (!number) return;
        page.begin(name, help, type);
        page.add(*number);
    };
    add("process_start_time_seconds", "Start of the process, since the epoch.", MetricType::Gauge,
        usage.start_time_seconds);
    add("process_cpu_seconds_total", "User and system time.", MetricType::Counter, usage.cpu_seconds);
    add("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge, usage.resident_bytes);
    add("process_open_fds", "Open descriptors.", MetricType::Gauge, usage.open_descriptors);
    add("process_max_fds", "Limit of open descriptors.", MetricType::Gauge, usage.max_descriptors);
}

} // namespace

Metrics::Metrics(const Identity& identity, const engine::Core& core, const engine::WorkerPool& pool)
    : identity_{identity}, core_{core}, pool_{pool} {}

std::vector<MetricFamily> Metrics::Collect() const {
    Page page{labels_of(identity_)};
    add_requests(page, core_.counters);
    add_connections(page, core_.counters, core_.options.limits.max_connections);
    page.gauge("baton_workers", "Threads that run handlers.", pool_.size());
    page.gauge("baton_workers_limit", "The limit up to which their number grows while handlers block.",
               core_.options.max_workers);
    page.counter("baton_access_log_lost_total", "Access log entries that the journal did not accept.",
                 core_.access_log != nullptr ? core_.access_log->lost() : 0);
    add_drain(page, core_);
    add_process(page);
    return page.take();
}

std::string Metrics::text() const {
    return prometheus::TextSerializer{}.Serialize(Collect());
}

} // namespace baton::service
