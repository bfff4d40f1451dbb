// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <string>

#include "format/testing.h"
#include "mmstats/format.h"

namespace {

using mms_testing::Guarded;

constexpr bool kBig = MMS_ORDER_NATIVE == MMS_ORDER_BIG;

int parse(const std::string &text, mms_signature *out, mms_diag *diag = nullptr, bool file_swapped = false)
{
    static Guarded guarded(1 << 17); // reading one character too many kills the test
    const char *data = static_cast<const char *>(guarded.put(text.data(), text.size()));
    return mms_signature_parse({data, text.size()}, file_swapped, out, diag);
}

// --- well-formed ---------------------------------------------------------------------------------------------

struct Good {
    const char *text;
    size_t size;
    uint64_t items;
    size_t align;
};

const Good kGood[] = {
    // each code
    {"c", 1, 1, 1}, {"b", 1, 1, 1}, {"B", 1, 1, 1}, {"?", 1, 1, 1}, {"h", 2, 1, 2}, {"H", 2, 1, 2},
    {"i", 4, 1, 4}, {"I", 4, 1, 4}, {"l", 8, 1, 8}, {"L", 8, 1, 8}, {"q", 8, 1, 8}, {"Q", 8, 1, 8},
    {"n", 8, 1, 8}, {"N", 8, 1, 8}, {"P", 8, 1, 8}, {"e", 2, 1, 2}, {"f", 4, 1, 4}, {"d", 8, 1, 8},
    {"s", 1, 1, 1}, {"p", 1, 1, 1}, {"@Q", 8, 1, 8}, {"=Q", 8, 1, 1}, {"<Q", 8, 1, 1}, {">Q", 8, 1, 1},
    {"!Q", 8, 1, 1}, {"=l", 4, 1, 1}, {"=L", 4, 1, 1}, {"<e", 2, 1, 1},
    // space (R302)
    {" Q", 8, 1, 8}, {"       Q", 8, 1, 8}, {"Q ", 8, 1, 8}, {"@ Q", 8, 1, 8}, {"\t\n\v\f\rQ", 8, 1, 8},
    {"b b", 2, 2, 1}, {"3x Q", 16, 1, 8},
    // counts
    {"1Q", 8, 1, 8}, {"3Q", 24, 3, 8}, {"255s", 255, 1, 1}, {"0s", 0, 1, 1}, {"0p", 0, 1, 1}, {"17p", 17, 1, 1},
    {"10c", 10, 10, 1}, {"0000000000000000000000000000000003h", 6, 3, 2}, {"2s3s", 5, 2, 1},
    {"4294967296Q", 34359738368, 4294967296, 8},
    // alignment (R305), the same as struct.calcsize
    {"bQ", 16, 2, 8}, {"Qb", 9, 2, 8}, {"bh", 4, 2, 2}, {"bhi", 8, 3, 4}, {"bhiq", 16, 4, 8}, {"3sI", 8, 2, 4},
    {"IQ?0Q", 24, 3, 8}, {"b0Q", 8, 1, 8}, {"b0h", 2, 1, 2}, {"Qs0Q", 16, 2, 8}, {"xQ", 16, 1, 8}, {"b3xh", 6, 2, 2},
    {"=bQ", 9, 2, 1}, {"<bhiq", 15, 4, 1}, {"=b0Q", 1, 1, 1}, {"bp3pI", 12, 4, 4}, {"cQ", 16, 2, 8}, {"?d", 16, 2, 8},
    // the limit
    {"9223372036854775807s", 9223372036854775807u, 1, 1}, {"1152921504606846975Q", 9223372036854775800u,
     1152921504606846975u, 8}, {"9223372036854775806xb", 9223372036854775807u, 1, 1},
    {"b9223372036854775806x", 9223372036854775807u, 1, 1},
};

TEST(Signature, Sizes)
{
    for (const Good &good : kGood) {
        mms_signature signature;
        mms_diag diag = {};
        ASSERT_EQ(parse(good.text, &signature, &diag), 0) << good.text << diag;
        EXPECT_EQ(signature.size, good.size) << good.text;
        EXPECT_EQ(signature.items, good.items) << good.text;
        EXPECT_EQ(signature.align, good.align) << good.text;
        EXPECT_EQ(signature.type == MMS_TYPE_PAD, good.items != 1) << good.text;
    }
}

// The C compiler as oracle: what it does with two members of a struct is what `struct` does with two items.
struct Code {
    char code;
    size_t size;
    size_t behind[8]; // offset of a member of this type behind 1 to 8 bytes
};

template <typename T, size_t N>
constexpr size_t behind()
{
    struct Pair {
        char bytes[N];
        T member;
    };
    return offsetof(Pair, member);
}

template <typename T>
constexpr Code code_of(char code)
{
    return {code, sizeof(T), {behind<T, 1>(), behind<T, 2>(), behind<T, 3>(), behind<T, 4>(), behind<T, 5>(),
                              behind<T, 6>(), behind<T, 7>(), behind<T, 8>()}};
}

const Code kCodes[] = {
    code_of<char>('c'), code_of<int8_t>('b'), code_of<uint8_t>('B'), code_of<bool>('?'), code_of<short>('h'),
    code_of<unsigned short>('H'), code_of<int>('i'), code_of<unsigned>('I'), code_of<long>('l'),
    code_of<unsigned long>('L'), code_of<long long>('q'), code_of<unsigned long long>('Q'), code_of<ssize_t>('n'),
    code_of<size_t>('N'), code_of<void *>('P'), code_of<int16_t>('e'), code_of<float>('f'), code_of<double>('d'),
};

TEST(Signature, PairsAreLaidOutAsTheCompilerDoes)
{
    for (const Code &first : kCodes)
        for (const Code &second : kCodes) {
            const std::string text = {first.code, second.code};
            mms_signature signature;
            ASSERT_EQ(parse(text, &signature), 0) << text;
            EXPECT_EQ(signature.size, second.behind[first.size - 1] + second.size) << text;
            EXPECT_EQ(signature.items, 2u);
        }
}

TEST(Signature, TextsAndPaddingOfEachSizeInFrontOfEachCode)
{
    for (const Code &code : kCodes)
        for (size_t size = 1; size <= 8; size++)
            for (char before : {'s', 'p', 'x'}) {
                const std::string text = std::to_string(size) + before + code.code;
                mms_signature signature;
                ASSERT_EQ(parse(text, &signature), 0) << text;
                EXPECT_EQ(signature.size, code.behind[size - 1] + code.size) << text;
                ASSERT_EQ(parse("@" + text, &signature), 0) << text;
                EXPECT_EQ(signature.size, code.behind[size - 1] + code.size) << text;
                if (std::string("nNP").find(code.code) != std::string::npos)
                    continue;
                ASSERT_EQ(parse("=" + text, &signature), 0) << text;
                size_t standard = code.code == 'l' || code.code == 'L' ? 4 : code.size;
                EXPECT_EQ(signature.size, size + standard) << text;
            }
}

TEST(Signature, ByteOrder)
{
    const struct {
        const char *text;
        bool file_swapped, native, swapped;
    } cases[] = {
        {"Q", false, true, false}, {"Q", true, true, true},   {"@Q", false, true, false}, {"@Q", true, true, true},
        {"=Q", false, false, false}, {"=Q", true, false, true}, {"<Q", false, false, kBig}, {"<Q", true, false, kBig},
        {">Q", false, false, !kBig}, {">Q", true, false, !kBig}, {"!Q", true, false, !kBig},
        {"!Q", false, false, !kBig},
    };
    for (const auto &c : cases) {
        mms_signature signature;
        ASSERT_EQ(parse(c.text, &signature, nullptr, c.file_swapped), 0);
        EXPECT_EQ(signature.native, c.native) << c.text;
        EXPECT_EQ(signature.swapped, c.swapped) << c.text << c.file_swapped;
    }
}

// --- malformed -----------------------------------------------------------------------------------------------

struct Bad {
    std::string text;
    int rule;
    uint64_t offset;
};

const Bad kBad[] = {
    // R303
    {"z", 303, 0}, {"Qz", 303, 1}, {" z", 303, 1}, {"Q,", 303, 1}, {"QQ@", 303, 2}, {" @Q", 303, 1}, {" <Q", 303, 1},
    {"@@Q", 303, 1}, {"<>Q", 303, 1}, {"=n", 303, 1}, {"<N", 303, 1}, {"!P", 303, 1}, {">QP", 303, 2}, {"=3n", 303, 2},
    {"-1Q", 303, 0}, {std::string("Q\0", 2), 303, 1}, {"\x80", 303, 0}, {"Q\xff", 303, 1}, {"\x7f", 303, 0},
    {"\x08", 303, 0}, {"\x0e", 303, 0}, {"\x1f", 303, 0}, {"\xc2\xa0Q", 303, 0}, {"O", 303, 0}, {"Z", 303, 0},
    {"=99999999999999999999n", 303, 21},
    // R304, before R303 and R305
    {"3", 304, 0}, {"Q3", 304, 1}, {"3 Q", 304, 0}, {"Q 12\tQ", 304, 2}, {"3z", 304, 0}, {"3<Q", 304, 0},
    {"7@", 304, 0}, {"99999999999999999999", 304, 0}, {"99999999999999999999z", 304, 0}, {"@12", 304, 1},
    {std::string("3\0Q", 3), 304, 0}, {"1\xff", 304, 0}, {"3-", 304, 0},
    // R305
    {"9223372036854775808s", 305, 0}, {"18446744073709551615s", 305, 0}, {"18446744073709551616s", 305, 0},
    {"99999999999s99999999999999999999s", 305, 12}, {"1152921504606846976Q", 305, 0}, {"Q1152921504606846975Q", 305, 1},
    {"9223372036854775807xb", 305, 20}, {"9223372036854775807x0Q", 305, 20}, {"9223372036854775807x b", 305, 21},
    {"99999999999999999999999999999999999999999999999999999x", 305, 0}, {"2305843009213693952Q", 305, 0},
    {"4611686018427387904i", 305, 0}, {"18446744073709551617b", 305, 0}, {"=1152921504606846976d", 305, 1},
    {"9223372036854775807s9223372036854775807s9223372036854775807s", 305, 20}, {"9223372036854775808p", 305, 0},
    // R306
    {"", 306, 0}, {" ", 306, 0}, {"@", 306, 0}, {"<", 306, 0}, {"= ", 306, 0}, {"x", 306, 0}, {"3x", 306, 0},
    {"0Q", 306, 0}, {"0x", 306, 0}, {"0c", 306, 0}, {"<0Q3x", 306, 0}, {"9223372036854775807x", 306, 0},
};

TEST(Signature, Malformed)
{
    for (const Bad &bad : kBad) {
        mms_signature signature = {77, 77, 77, MMS_TYPE_U8, true, true};
        mms_diag diag = {};
        EXPECT_EQ(parse(bad.text, &signature, &diag), -EBADMSG) << bad.text;
        EXPECT_EQ(diag, (mms_diag{-EBADMSG, bad.rule, bad.offset})) << bad.text;
        EXPECT_EQ(signature.size, 77u) << "output touched: " << bad.text;
        EXPECT_EQ(parse(bad.text, &signature), -EBADMSG) << "without diag: " << bad.text;
    }
}

TEST(Signature, EveryByteAloneIsACodeOrMalformed)
{
    const std::string codes = "cbB?hHiIlLqQnNPefdsp";
    for (int byte = 0; byte < 256; byte++) {
        const std::string text(1, char(byte));
        mms_signature signature;
        EXPECT_EQ(parse(text, &signature) == 0, codes.find(text) != std::string::npos) << byte;
    }
}

// As long as a signature can be: these would not end if a count were counted out.
TEST(Signature, LongOnes)
{
    std::string text;
    while (text.size() + 2 < 65535)
        text += "0Q";
    mms_signature signature;
    mms_diag diag;
    EXPECT_EQ(parse(text, &signature, &diag), -EBADMSG);
    EXPECT_EQ(diag.rule, MMS_RULE_SIGNATURE_NO_ITEM);
    EXPECT_EQ(parse(text + "b", &signature), 0);
    EXPECT_EQ(signature.size, 1u);

    EXPECT_EQ(parse(std::string(65535, 'Q'), &signature), 0);
    EXPECT_EQ(signature.items, 65535u);
    EXPECT_EQ(parse(std::string(65534, ' ') + "Q", &signature), 0);
    EXPECT_EQ(signature.size, 8u);
    EXPECT_EQ(parse(std::string(65534, '0') + "Q", &signature, &diag), -EBADMSG);
    EXPECT_EQ(diag.rule, MMS_RULE_SIGNATURE_NO_ITEM);
    EXPECT_EQ(parse(std::string(65534, '9') + "Q", &signature, &diag), -EBADMSG);
    EXPECT_EQ(diag.rule, MMS_RULE_SIGNATURE_SIZE);
}

} // namespace
