// SPDX-License-Identifier: MIT
//
// The public headers by themselves, in each version of C++ that they promise; headers_test.c is the same for C11.
#include "mmstats/format.h"
#include "mmstats/slot.h"

int main()
{
    alignas(8) uint8_t area[24] = {};
    struct mms_record record = mms_record();
    mms_slot_add_64(area + 8, 7);
    record.id = MMS_ID_COUNTER;
    return mms_slot_load_64(area + 8) == 7 && mms_record_type(&record) == MMS_TYPE_U64 ? 0 : 1;
}
