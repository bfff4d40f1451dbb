// SPDX-License-Identifier: MIT
#include "format/cursor.h"

#include <gtest/gtest.h>

#include "format/testing.h"

namespace {

using mms_testing::Guarded;

TEST(Cursor, TakesWhatIsThereAndNotOneByteMore)
{
    Guarded guarded(8);
    const uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    for (size_t size = 0; size <= sizeof bytes; size++) {
        const uint8_t *data = static_cast<const uint8_t *>(guarded.put(bytes, size));
        for (size_t need = 0; need <= sizeof bytes + 1; need++) {
            mms_cursor in = {data, size};
            const uint8_t *taken = mms_take(&in, need);
            if (need <= size) {
                EXPECT_EQ(taken, data);
                EXPECT_EQ(in.at, data + need);
                EXPECT_EQ(in.left, size - need);
            } else {
                EXPECT_EQ(taken, nullptr);
                EXPECT_EQ(in.at, data);
                EXPECT_EQ(in.left, size);
            }
        }
    }
}

TEST(Cursor, NoSizeWraps)
{
    const uint8_t byte = 7;
    for (size_t need : {SIZE_MAX, SIZE_MAX - 1, size_t(1) << 63, size_t(2)}) {
        mms_cursor in = {&byte, 1};
        EXPECT_EQ(mms_take(&in, need), nullptr) << need;
        EXPECT_EQ(in.left, 1u);
    }
}

TEST(Cursor, NumbersInBothOrders)
{
    const uint8_t bytes[8] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
    const bool big = MMS_ORDER_NATIVE == MMS_ORDER_BIG;
    EXPECT_EQ(mms_load_u16(bytes, big), 0x0201u);
    EXPECT_EQ(mms_load_u16(bytes, !big), 0x0102u);
    EXPECT_EQ(mms_load_u32(bytes, big), 0x04030201u);
    EXPECT_EQ(mms_load_u32(bytes, !big), 0x01020304u);
    EXPECT_EQ(mms_load_u64(bytes, big), 0x0807060504030201u);
    EXPECT_EQ(mms_load_u64(bytes, !big), 0x0102030405060708u);
    const uint8_t one[8] = {0, 0, 0, 0, 0, 0, 0xf0, 0x3f};
    EXPECT_EQ(mms_load_f64(one, big), 1.0);
}

// A typed read that does not fit takes nothing and leaves its output alone.
template <typename T, typename Take>
void check_typed(Take take)
{
    Guarded guarded(16);
    const uint8_t bytes[16] = {};
    for (size_t size = 0; size <= sizeof(T) + 1; size++) {
        const uint8_t *data = static_cast<const uint8_t *>(guarded.put(bytes, size));
        mms_cursor in = {data, size};
        T value = T(42);
        EXPECT_EQ(take(&in, &value), size >= sizeof(T));
        EXPECT_EQ(value, size >= sizeof(T) ? T(0) : T(42));
        EXPECT_EQ(in.left, size >= sizeof(T) ? size - sizeof(T) : size);
    }
}

TEST(Cursor, TypedReads)
{
    check_typed<uint8_t>([](mms_cursor *in, uint8_t *value) { return mms_take_u8(in, value); });
    check_typed<uint16_t>([](mms_cursor *in, uint16_t *value) { return mms_take_u16(in, false, value); });
    check_typed<uint32_t>([](mms_cursor *in, uint32_t *value) { return mms_take_u32(in, true, value); });
    check_typed<uint64_t>([](mms_cursor *in, uint64_t *value) { return mms_take_u64(in, false, value); });
    check_typed<double>([](mms_cursor *in, double *value) { return mms_take_f64(in, true, value); });
}

} // namespace
