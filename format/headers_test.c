/* SPDX-License-Identifier: MIT */
#include "mmstats/format.h"
#include "mmstats/slot.h"

int main(void)
{
    _Alignas(8) uint8_t area[24] = {0};
    struct mms_record record = {.id = MMS_ID_COUNTER};
    mms_slot_add_64(area + 8, 7);
    return mms_slot_load_64(area + 8) == 7 && mms_record_type(&record) == MMS_TYPE_U64 ? 0 : 1;
}
