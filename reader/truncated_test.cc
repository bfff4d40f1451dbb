/* SPDX-License-Identifier: MIT
 *
 * Files that are truncated under a reader. */

#include <errno.h>

#include "reader/testing.h"

using namespace mms_testing;

namespace {

class Truncated : public testing::TestWithParam<enum mms_reader_mode> {
protected:
    static void SetUpTestSuite() { ASSERT_EQ(0, mms_reader_guard()); }

    Folder folder;
    std::string path = folder / "f";
};

std::string counter_file(const std::string &label, uint64_t value)
{
    File file(2);
    mms_record record = file.v2(label, MMS_ID_COUNTER);
    file.poke(record.values + 8, value);
    return file.whole();
}

TEST_P(Truncated, ToNothing)
{
    std::string bytes = counter_file("n", 1);
    write_file(path, bytes);
    Reader reader(path, GetParam());
    ASSERT_EQ(0, truncate(path.c_str(), 0));
    mms_stat stat = {};
    stat.count = 77;
    if (GetParam() == MMS_READ_LIVE) {
        EXPECT_EQ(-EIO, mms_reader_get(reader, 0, &stat));
        EXPECT_EQ(77U, stat.count); // untouched
        EXPECT_EQ(-EIO, mms_reader_get(reader, 0, &stat));
    }
    mms_diag diag = {};
    EXPECT_EQ(-EBADMSG, mms_reader_refresh(reader, &diag));
    EXPECT_EQ(MMS_RULE_EMPTY, diag.rule);
    EXPECT_EQ(1U, mms_reader_count(reader));
    if (GetParam() == MMS_READ_COPY) {
        EXPECT_EQ(1U, reader.get("n").values[0].u);
    }

    ASSERT_EQ(0, truncate(path.c_str(), 10)); // zeros: no version
    EXPECT_EQ(-EPROTONOSUPPORT, mms_reader_refresh(reader, &diag));
    write_file(path, counter_file("n", 2));
    int got = mms_reader_refresh(reader, nullptr);
    EXPECT_TRUE(got == 0 || got == 1) << got; // the same file as far as anyone can tell
    EXPECT_EQ(2U, reader.get("n").values[0].u);
}

TEST_P(Truncated, InTheMiddle)
{
    File file(2);
    file.v2("a", MMS_ID_BYTE);
    size_t end = file.bytes.size();
    file.text("b", MMS_ID_STRING, std::string(5000, 'x'));
    file.v2("c", MMS_ID_BYTE);
    write_file(path, file.whole());
    Reader reader(path, GetParam());
    EXPECT_EQ(3U, mms_reader_count(reader));
    ASSERT_EQ(0, truncate(path.c_str(), int64_t(end) + 100));
    EXPECT_EQ(1, mms_reader_refresh(reader, nullptr));
    EXPECT_EQ(1U, mms_reader_count(reader));
    mms_diag diag = {};
    EXPECT_EQ(-EBADMSG, mms_reader_diag(reader, &diag, nullptr));
    EXPECT_EQ(MMS_RULE_V2_RECORD, diag.rule);
    EXPECT_EQ(0, reader.get("a").values[0].i);
    write_file(path, file.whole());
    EXPECT_EQ(1, mms_reader_refresh(reader, nullptr));
    EXPECT_EQ(3U, mms_reader_count(reader));
    EXPECT_EQ(0, mms_reader_diag(reader, nullptr, nullptr));
}

TEST_P(Truncated, BeforeASnapshot)
{
    File file(2);
    file.v2("g", MMS_ID_GENERATION);
    file.v2("n", MMS_ID_COUNTER);
    write_file(path, file.whole());
    Reader reader(path, GetParam());
    ASSERT_EQ(1, mms_reader_snapshot(reader));
    ASSERT_EQ(0, truncate(path.c_str(), 0));
    EXPECT_EQ(GetParam() == MMS_READ_LIVE ? -EIO : -ESTALE, mms_reader_snapshot(reader));
}

INSTANTIATE_TEST_SUITE_P(Modes, Truncated, testing::Values(MMS_READ_COPY, MMS_READ_LIVE),
                         [](const auto &mode) { return mode.param == MMS_READ_COPY ? "Copy" : "Live"; });

} // namespace
