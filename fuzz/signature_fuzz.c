/* SPDX-License-Identifier: MIT
 *
 * signature_fuzz - the grammar of type signatures, against a second reading of SPEC.md, section 3, that shares no code
 * and no table with format/.
 *
 * Oracles: the same verdict (rule and offset), size, alignment, number of items and order; and every item of a value
 * is delivered from the offset, in the size and the order, that the second reading finds.
 * Input: a byte (bit 0: the file is swapped), the signature's size in two bytes, the signature, and bytes to fill the
 * value with. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "mmstats/format.h"

enum {
    RUNS = 1 << 16,       /* codes of a signature: it has no more characters */
    VALUE_MAX = 1 << 16,  /* bytes of a value that is decoded */
    RULE_CODE = 303, RULE_COUNT = 304, RULE_SIZE = 305, RULE_NO_ITEM = 306,
};

/* So many items of one kind, one behind the other. */
struct run {
    char kind; /* c: char, i: signed, u: unsigned, f: float, ?: bool, s: text, p: pascal */
    uint64_t at, size, count;
};

struct reading {
    int rule; /* 0: well-formed */
    size_t offset;
    bool native, swapped;
    uint64_t size, align, items;
    struct run runs[RUNS];
    size_t count;
};

/* Kind and size of a code: "ki" and the digit. Upper case of signed ones is unsigned. Empty: there is no such code. */
static const char *kind_of(char code, bool native)
{
    switch (code) {
    case 'x': return "x1";
    case 'c': return "c1";
    case '?': return "?1";
    case 'b': return "i1";
    case 'B': return "u1";
    case 'h': return "i2";
    case 'H': return "u2";
    case 'i': return "i4";
    case 'I': return "u4";
    case 'l': return native ? "i8" : "i4";
    case 'L': return native ? "u8" : "u4";
    case 'q': return "i8";
    case 'Q': return "u8";
    case 'n': return native ? "i8" : "";
    case 'N':
    case 'P': return native ? "u8" : "";
    case 'e': return "f2";
    case 'f': return "f4";
    case 'd': return "f8";
    case 's': return "s1";
    case 'p': return "p1";
    default: return "";
    }
}

static bool fail(struct reading *reading, int rule, size_t offset)
{
    reading->rule = rule;
    reading->offset = offset;
    return false;
}

/* A code with its count, which begins at `at`. */
static bool add_run(struct reading *reading, char code, unsigned __int128 count, size_t at)
{
    const char *kind = kind_of(code, reading->native);
    unsigned __int128 end, each = (unsigned __int128)(kind[1] - '0');
    bool text = code == 's' || code == 'p';
    unsigned __int128 start = reading->size;
    while (!text && reading->native && start % each != 0)
        start++;
    end = start + each * count;
    if (end > INT64_MAX)
        return fail(reading, RULE_SIZE, at);
    if (!text && reading->native && each > reading->align)
        reading->align = (uint64_t)each;
    struct run run = {kind[0], (uint64_t)start, (uint64_t)(text ? count : each), (uint64_t)(text ? 1 : count)};
    reading->size = (uint64_t)end;
    if (code != 'x' && run.count != 0) {
        reading->items += run.count;
        reading->runs[reading->count++] = run;
    }
    return true;
}

static bool read_mark(struct reading *reading, const char *text, size_t size)
{
    bool little = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE;
    char mark = size > 0 ? text[0] : '\0';
    if (mark == '\0' || strchr("@=<>!", mark) == NULL)
        return false;
    reading->native = mark == '@';
    if (mark == '<')
        reading->swapped = !little;
    if (mark == '>' || mark == '!')
        reading->swapped = little;
    return true;
}

static void read_signature(struct reading *reading, const char *text, size_t size, bool swapped)
{
    reading->native = true;
    reading->swapped = swapped;
    reading->rule = 0;
    reading->size = reading->items = reading->count = 0;
    reading->align = 1;
    for (size_t at = read_mark(reading, text, size) ? 1 : 0; at < size; at++) {
        size_t first = at;
        unsigned __int128 count = 0, limit = (unsigned __int128)1 << 100; /* above it, all are too large */
        if (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r'))
            continue;
        for (; at < size && text[at] >= '0' && text[at] <= '9'; at++)
            count = count > limit ? count : count * 10 + (unsigned)(text[at] - '0');
        char code = at < size ? text[at] : '\0';
        bool known = code != '\0' && (*kind_of(code, true) != '\0');
        bool allowed = code != '\0' && (*kind_of(code, reading->native) != '\0');
        if (at > first && !known)
            return (void)fail(reading, RULE_COUNT, first);
        if (!allowed)
            return (void)fail(reading, RULE_CODE, at);
        if (!add_run(reading, code, at > first ? count : 1, first))
            return;
    }
    if (reading->items == 0)
        fail(reading, RULE_NO_ITEM, 0);
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static uint64_t number_at(const uint8_t *at, size_t size, bool swapped)
{
    bool big = swapped == (MMS_ORDER_NATIVE == MMS_ORDER_LITTLE);
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | at[big ? i : size - 1 - i];
    return number;
}

static void require_float(uint64_t bits, size_t size, double value)
{
    float single;
    double expected;
    uint32_t low = (uint32_t)bits;
    if (size == 8) {
        memcpy(&expected, &bits, sizeof expected);
    } else if (size == 4) {
        memcpy(&single, &low, sizeof single);
        expected = (double)single;
    } else {
        int exponent = (int)(bits >> 10 & 31);
        double fraction = (double)(bits & 1023);
        expected = (exponent == 0 ? fraction : 1024 + fraction) / (1 << 24);
        for (int i = 1; i < exponent; i++)
            expected *= 2;
        if (exponent == 31)
            expected = fraction > 0 ? __builtin_nan("") : __builtin_inf();
        if (bits >> 15)
            expected = -expected;
    }
    require(expected == value || (expected != expected && value != value));
}

static void require_text(const struct run *run, const uint8_t *at, struct mms_text text)
{
    size_t size = (size_t)run->size, from = 0;
    if (run->kind == 'p' && size > 0) {
        from = 1;
        size = at[0] < size - 1 ? at[0] : size - 1;
    } else if (run->kind == 's') {
        size = strnlen((const char *)at, size);
    }
    require(text.size == size && (size == 0 || (const uint8_t *)text.data == at + from));
}

static void require_item(const struct run *run, const uint8_t *at, bool swapped, const struct mms_value *value)
{
    uint64_t bits = run->size <= 8 ? number_at(at, (size_t)run->size, swapped) : 0;
    switch (run->kind) {
    case 'i': {
        unsigned shift = (unsigned)(64 - 8 * run->size);
        require(mms_class_of(value->type) == MMS_CLASS_INT && (uint64_t)value->i << shift == bits << shift);
        require((value->i < 0) == (bits << shift >> 63 != 0));
        require(shift == 0 || value->i >> (63 - shift) == -(value->i < 0));
        return;
    }
    case 'u':
        require(mms_class_of(value->type) == MMS_CLASS_UINT && value->u == bits);
        return;
    case 'f':
        require(mms_class_of(value->type) == MMS_CLASS_FLOAT);
        require_float(bits, (size_t)run->size, value->f);
        return;
    case '?':
        require(mms_class_of(value->type) == MMS_CLASS_BOOL && value->b == (at[0] != 0));
        return;
    default:
        require(mms_class_of(value->type) == MMS_CLASS_TEXT);
        require_text(run, at, value->text);
    }
}

/* bytes: what the value is filled with, again and again. */
static void decode(const struct reading *reading, struct mms_text text, bool swapped, struct fuzz_input bytes)
{
    static uint8_t filled[VALUE_MAX];
    struct mms_record record = {.label = {"a", 1}, .layout = MMS_LAYOUT_UNBUFFERED, .signature = text,
                                .swapped = swapped};
    struct mms_items items;
    struct mms_value value;
    for (size_t i = 0; i < reading->size; i++)
        filled[i] = bytes.left > 0 ? bytes.at[i % bytes.left] : (uint8_t)i;
    const uint8_t *at = fuzz_before_guard(filled, (size_t)reading->size);
    require(mms_record_layout(&record, 1, 1) == 0 && record.value_size == reading->size);
    mms_items_begin(&items, &record, at);
    for (size_t i = 0; i < reading->count; i++)
        for (uint64_t k = 0; k < reading->runs[i].count; k++) {
            require(mms_items_next(&items, &value) == 1);
            require_item(&reading->runs[i], at + reading->runs[i].at + k * reading->runs[i].size, reading->swapped,
                         &value);
        }
    require(mms_items_next(&items, &value) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reading reading;
    struct fuzz_input in = {data, size};
    struct mms_signature signature;
    struct mms_diag diag = {0, 0, 0};
    bool swapped = fuzz_u8(&in) & 1;
    size_t length = (size_t)fuzz_number(&in, 2);
    length = length < in.left ? length : in.left;
    struct mms_text text = {(const char *)fuzz_before_guard(in.at, length), length};

    read_signature(&reading, text.data, length, swapped);
    int result = mms_signature_parse(text, swapped, &signature, &diag);
    require((result == 0) == (reading.rule == 0));
    if (result < 0) {
        require(diag.error == result && diag.rule == reading.rule && diag.offset == reading.offset);
        return 0;
    }
    require(signature.size == reading.size && signature.items == reading.items && signature.align == reading.align);
    require(signature.native == reading.native && signature.swapped == reading.swapped);
    require((signature.type != MMS_TYPE_PAD) == (reading.items == 1));
    if (reading.size <= VALUE_MAX && reading.items <= VALUE_MAX) {
        text.data = (const char *)in.at; /* the guarded copy makes room for the value */
        in.at += length;
        in.left -= length;
        decode(&reading, text, swapped, in);
    }
    return 0;
}
