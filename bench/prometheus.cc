// SPDX-License-Identifier: MIT
//
// prometheus.cc - the C++ client of Prometheus.
#include "bench/peers.h"

#ifndef HAVE_PROMETHEUS_CPP

void bench_add_prometheus(struct bench_table *table, struct bench_plain)
{
    bench_note(table, "prometheus-cpp: not measured (package prometheus-cpp-dev is missing)");
}

#else

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>
#include <vector>

namespace {

#define LOOP __attribute__((noinline, aligned(64))) void

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

LOOP increment(void *context, size_t times)
{
    auto *counter = static_cast<Counter *>(context);
    for (size_t i = 0; i < times; i++)
        counter->Increment();
}

LOOP increment_in_turn(void *context, size_t times)
{
    auto *const *counters = static_cast<Counter **>(context);
    for (size_t i = 0; i < times; i++)
        for (size_t k = 0; k < BENCH_PEER_METRICS; k++)
            counters[k]->Increment();
}

LOOP increment_by_label(void *context, size_t times)
{
    auto *family = static_cast<Family<Counter> *>(context);
    for (size_t i = 0; i < times; i++)
        family->Add({{"number", "500"}}).Increment();
}

LOOP set(void *context, size_t times)
{
    auto *gauge = static_cast<Gauge *>(context);
    for (size_t i = 0; i < times; i++)
        gauge->Set(static_cast<double>(i));
}

LOOP observe(void *context, size_t times)
{
    auto *histogram = static_cast<Histogram *>(context);
    for (size_t i = 0; i < times; i++)
        histogram->Observe(static_cast<double>(i % 1024));
}

} // namespace

void bench_add_prometheus(struct bench_table *table, struct bench_plain plain)
{
    // They live as long as the program.
    static const auto registry = std::make_shared<prometheus::Registry>();
    static std::vector<Counter *> counters;
    Family<Counter> &family = prometheus::BuildCounter().Name("bench_counter").Register(*registry);
    for (int i = 0; i < BENCH_PEER_METRICS; i++)
        counters.push_back(&family.Add({{"number", std::to_string(i)}}));
    Gauge &gauge = prometheus::BuildGauge().Name("bench_gauge").Register(*registry).Add({});
    const Histogram::BucketBoundaries bounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
    Histogram &histogram = prometheus::BuildHistogram().Name("bench_histogram").Register(*registry).Add({}, bounds);

    const struct {
        const char *name;
        void (*run)(void *, size_t);
        void *context;
        size_t fields;
    } rows[] = {
        {"Counter::Increment", increment, counters[0], 1},
        {"Counter::Increment", increment_in_turn, counters.data(), BENCH_PEER_METRICS},
        {"Family::Add, Increment", increment_by_label, &family, 1},
        {"Gauge::Set", set, &gauge, 1},
        {"Histogram::Observe, 10 buckets", observe, &histogram, 1},
    };
    for (const auto &row : rows) {
        bench_row added = {};
        added.name = row.name;
        added.format = "prometheus-cpp";
        added.fields = added.per = row.fields;
        added.run = row.run;
        added.context = row.context;
        added.plain = row.fields == 1 ? plain.one : plain.many;
        bench_add(table, added);
    }
}

#endif
