/* SPDX-License-Identifier: MIT
 *
 * The whole way: values of a file that another mapping stores into, as another process does. */

#include "reader/live_testing.h"

using namespace mms_testing;

namespace {

// Another mapping of the same file, as another process has it.
TEST(Reader, SeesWhatAnotherMappingStores)
{
    enum { SIZE = 24 };
    Folder folder;
    File file(2);
    mms_record number = file.v2("n", MMS_ID_COUNTER), text = file.wide("s", SIZE, MMS_FLAG_SEQUENCE);
    write_file(folder / "f", file.whole());
    Mapping mapping(folder / "f");
    Reader reader(folder / "f");
    ASSERT_EQ(0, reader.error);
    Writer writer([&](uint64_t n) {
        char bytes[SIZE];
        memset(bytes, int('a' + n % 26), sizeof bytes);
        mms_slot_store_64(mapping.at + number.values, n * 0x100000001);
        mms_latch_store(mapping.at + text.values, SIZE, mapping.as<uint64_t>(text.sequence), bytes, SIZE);
    });
    uint64_t last = 0;
    for (int i = 0; i < READS; i++) {
        mms_stat stat = reader.get("n");
        if (stat.status == MMS_EXACT) {
            ASSERT_EQ(stat.values[0].u >> 32, stat.values[0].u & 0xffffffff);
            ASSERT_GE(stat.values[0].u, last);
            last = stat.values[0].u;
        }
        stat = reader.get("s");
        if (stat.status == MMS_EXACT) {
            ASSERT_TRUE(is_one_letter(text_of(stat)));
        }
    }
    EXPECT_GT(last, 0U);
}

TEST(Reader, CopiesOfAFileThatIsWritten)
{
    enum { SIZE = 24 };
    Folder folder;
    File file(2);
    mms_record number = file.v2("n", MMS_ID_COUNTER), text = file.wide("s", SIZE, MMS_FLAG_SEQUENCE);
    write_file(folder / "f", file.whole());
    Mapping mapping(folder / "f");
    Reader reader(folder / "f", MMS_READ_COPY);
    ASSERT_EQ(0, reader.error);
    Writer writer([&](uint64_t n) {
        char bytes[SIZE];
        memset(bytes, int('a' + n % 26), sizeof bytes);
        mms_slot_store_64(mapping.at + number.values, n);
        mms_latch_store(mapping.at + text.values, SIZE, mapping.as<uint64_t>(text.sequence), bytes, SIZE);
    });
    for (int i = 0; i < READS / 20; i++) {
        ASSERT_EQ(0, mms_reader_refresh(reader, nullptr));
        ASSERT_NE(MMS_EXACT, reader.get("n").status);
        mms_stat stat = reader.get("s");
        if (stat.status == MMS_EXACT) {
            ASSERT_TRUE(is_one_letter(text_of(stat)));
        }
    }
}

} // namespace
