// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

#include "mmstats/format.h"

namespace {

TEST(Names, OfWhatIsInTheTables)
{
    EXPECT_STREQ(mms_type_name(MMS_TYPE_U64), "u64");
    EXPECT_STREQ(mms_type_name(MMS_TYPE_PASCAL), "pascal");
    EXPECT_STREQ(mms_id_name(MMS_ID_COUNTER), "counter");
    EXPECT_STREQ(mms_id_name(MMS_ID_GENERATION), "generation");
    EXPECT_STREQ(mms_metric_name(MMS_METRIC_GAUGE), "gauge");
    EXPECT_STREQ(mms_layout_name(MMS_LAYOUT_OPAQUE), "opaque");
    EXPECT_STREQ(mms_status_name(MMS_EXACT), "exact");
    EXPECT_STREQ(mms_status_name(MMS_BUSY), "busy");
    EXPECT_STREQ(mms_rule_text(MMS_RULE_V1_WRITE_BUFFER), "the write buffer byte is not 00, 01 or ff");
    EXPECT_STREQ(mms_rule_name(MMS_RULE_V1_WRITE_BUFFER), "V1_WRITE_BUFFER");
    EXPECT_STREQ(mms_rule_expected(MMS_RULE_V2_WRITE_BUFFER), "00 or 01");
    EXPECT_EQ(mms_class_of(MMS_TYPE_BOOL), MMS_CLASS_BOOL);
}

TEST(Names, NeverNull)
{
    std::set<std::string> ids;
    for (unsigned id = 0; id < 65536; id++)
        ids.insert(mms_id_name(uint16_t(id)));
    EXPECT_EQ(ids.size(), 33u); // 32 data types, and "?"
    // Up to the largest number that each enum has room for.
    for (int n = 0; n < 16; n++) {
        EXPECT_STRNE(mms_type_name(mms_type(n)), "?");
        EXPECT_EQ(mms_class_of(mms_type(n)) == MMS_CLASS_NONE, n == MMS_TYPE_PAD);
        EXPECT_EQ(strcmp(mms_layout_name(mms_layout(n)), "?") == 0, n >= MMS_LAYOUTS);
    }
    EXPECT_STREQ(mms_status_name(mms_status(3)), "?");
    for (int n = -2; n < 1000; n++)
        for (auto name : {mms_rule_name, mms_rule_text, mms_rule_expected})
            EXPECT_NE(name(n), nullptr);
    for (unsigned n = 0; n < 256; n++)
        EXPECT_EQ(strcmp(mms_metric_name(uint8_t(n)), "?") == 0, n >= MMS_METRICS);
    for (auto name : {mms_rule_name, mms_rule_text, mms_rule_expected})
        EXPECT_STREQ(name(500), "?");
}

TEST(Names, DefaultFields)
{
    EXPECT_STREQ(mms_sys_field_of(MMS_SYS_PID)->label, "sys.pid");
    EXPECT_STREQ(mms_sys_field_of(MMS_SYS_VERSION)->label, "org.mmstats.version");
    EXPECT_EQ(mms_sys_field_of(MMS_SYS_CREATED)->metric, MMS_METRIC_TIMESTAMP);
    EXPECT_EQ(mms_sys_field_of(mms_sys(MMS_SYS_FIELDS)), nullptr);
    // the two descriptions of each agree
    for (int n = 0; n < MMS_SYS_FIELDS; n++) {
        const mms_sys_field *field = mms_sys_field_of(mms_sys(n));
        mms_record v1 = {}, v2 = {};
        v1.label = {field->label, strlen(field->label)};
        v1.layout = MMS_LAYOUT_UNBUFFERED;
        v1.signature = {field->signature, strlen(field->signature)};
        v2.id = uint16_t(field->id);
        ASSERT_EQ(mms_record_layout(&v1, 1, 1), 0);
        ASSERT_EQ(mms_record_layout(&v2, 2, 1), 0);
        EXPECT_EQ(v1.value_size, v2.value_size) << field->label;
        EXPECT_EQ(mms_record_type(&v1), mms_record_type(&v2)) << field->label;
        EXPECT_EQ(v2.layout, MMS_LAYOUT_UNBUFFERED) << field->label;
    }
}

TEST(MetricOf, OwnKindGoesFirst)
{
    mms_record record = {};
    record.id = MMS_ID_COUNTER;
    EXPECT_EQ(mms_metric_of(&record), MMS_METRIC_COUNTER);
    record.metric = MMS_METRIC_GAUGE;
    EXPECT_EQ(mms_metric_of(&record), MMS_METRIC_GAUGE);
    record.metric = MMS_METRICS; // R411
    EXPECT_EQ(mms_metric_of(&record), MMS_METRIC_UNKNOWN);
    record.id = 24;
    record.metric = 0;
    EXPECT_EQ(mms_metric_of(&record), MMS_METRIC_UNKNOWN);
}

} // namespace
