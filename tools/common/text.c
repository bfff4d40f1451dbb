/* SPDX-License-Identifier: MIT */

#include "tools/common/text.h"

#include <string.h>

int mms_text_compare(struct mms_text a, struct mms_text b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size != 0 ? memcmp(a.data, b.data, size) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

bool mms_text_is(struct mms_text a, struct mms_text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

struct mms_text mms_text_copy(char **at, struct mms_text text)
{
    struct mms_text made = {*at, text.size};
    if (text.size != 0)
        memcpy(*at, text.data, text.size);
    *at += text.size;
    return made;
}

size_t mms_sys_prefix(struct mms_reader *reader)
{
    struct mms_stat stat;
    int64_t found = mms_reader_find_sys(reader, MMS_SYS_PID);
    if (found < 0 || mms_reader_get(reader, (size_t)found, &stat) < 0)
        return 0;
    return stat.label.size - strlen(mms_sys_field_of(MMS_SYS_PID)->label);
}

bool mms_sys_is(size_t prefix, struct mms_text label, const char *name)
{
    size_t size = strlen(name);
    return label.size == prefix + size && memcmp(label.data + prefix, name, size) == 0;
}
