// SPDX-License-Identifier: MIT
// The counters as a page for Prometheus; docs/METRICS.md lists what is on it. Costs nothing until somebody asks.
#pragma once

#include "libbaton/service/identity.hpp"
#include "libbaton/work/core.hpp"
#include "libbaton/work/worker_pool.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace baton::service {

class Metrics : public prometheus::Collectable {
  public:
    /// Keeps references.
    Metrics(const Identity& identity, const engine::Core& core, const engine::WorkerPool& pool);

    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
    /// The same in Prometheus' text format, version 0.0.4.
    [[nodiscard]] std::string text() const;

  private:
    const Identity& identity_;
    const engine::Core& core_;
    const engine::WorkerPool& pool_;
};

} // namespace baton::service
