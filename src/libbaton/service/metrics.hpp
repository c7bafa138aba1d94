// SPDX-License-Identifier: MIT
// The counters as a page for Prometheus; docs/METRICS.md lists its content. Costs nothing until it is requested.
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
    /// Keeps references to its arguments.
    Metrics(const Identity& identity, const engine::Core& core, const engine::WorkerPool& pool);

    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
    /// The page in Prometheus' text format, version 0.0.4.
    [[nodiscard]] std::string text() const;

  private:
    const Identity& identity_;
    const engine::Core& core_;
    const engine::WorkerPool& pool_;
};

} // namespace baton::service
