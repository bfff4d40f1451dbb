/* SPDX-License-Identifier: MIT
 *
 * What whoever scrapes, or starts mmash, may ask for. */

#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "tools/metrics/metrics.h"
}

namespace {

TEST(Negotiate, Formats)
{
    const struct {
        const char *accept;
        mms_metrics_format format;
    } cases[] = {
        {nullptr, MMS_METRICS_TEXT},
        {"", MMS_METRICS_TEXT},
        {"*/*", MMS_METRICS_TEXT},
        {"text/html,*/*;q=0.8", MMS_METRICS_TEXT},
        {"text/plain", MMS_METRICS_TEXT},
        {"application/json", MMS_METRICS_TEXT},
        {"application/openmetrics-text", MMS_METRICS_OPENMETRICS},
        {"Application/OpenMetrics-Text ; VERSION = \"1.0.0\"", MMS_METRICS_OPENMETRICS},
        // Prometheus 2.42
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", MMS_METRICS_OPENMETRICS},
        {"application/openmetrics-text;q=0.4,text/plain;version=0.0.4;q=0.5", MMS_METRICS_TEXT},
        {"application/openmetrics-text;q=0.5,text/plain;version=0.0.4;q=0.5", MMS_METRICS_OPENMETRICS},
        {"application/openmetrics-text;q=0", MMS_METRICS_TEXT},
        {"application/openmetrics-text;version=2.0.0", MMS_METRICS_TEXT},
        {"application/openmetrics-text;q=0.3,*/*;q=0.2", MMS_METRICS_OPENMETRICS},
        {"application/openmetrics-text;q=x", MMS_METRICS_TEXT},
        {",;=,;q,;;;=\"", MMS_METRICS_TEXT},
    };
    for (const auto &c : cases)
        EXPECT_EQ(mms_metrics_negotiate(c.accept), c.format) << (c.accept != nullptr ? c.accept : "none");
}

TEST(Config, Quoted)
{
    char *text = nullptr;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    mms_metrics_print_config(out, "it's:80");
    fclose(out);
    EXPECT_STREQ(text, "scrape_configs:\n  - job_name: mmstats\n    static_configs:\n      - targets: ['it''s:80']\n");
    free(text);
}

} // namespace
