/* SPDX-License-Identifier: MIT
 *
 * beyond_test.c - a type beyond the table, as a careless caller's: no place outside the table is read. In C, as C++ has
 * no such value. */
#include <stdio.h>
#include <string.h>

#include "mmstats/format.h"

int main(void)
{
    enum mms_type beyond = (enum mms_type)MMS_TYPES;
    if (mms_class_of(beyond) == MMS_CLASS_NONE && mms_type_size(beyond) == 0 && strcmp(mms_type_name(beyond), "?") == 0)
        return 0;
    fprintf(stderr, "FAILED: class %d, size %zu, name %s\n", (int)mms_class_of(beyond), mms_type_size(beyond),
            mms_type_name(beyond));
    return 1;
}
