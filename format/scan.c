/* SPDX-License-Identifier: MIT
 *
 * scan.c - begin and continue an iteration; which byte order a file is in (R103); the verdict on a whole file. */

#include "format/parse.h"

int mms_fail(struct mms_diag *diag, enum mms_rule rule, uint64_t offset)
{
    int error = -mms_rule_row((int)rule)->error;
    if (diag != NULL)
        *diag = (struct mms_diag){.error = error, .rule = (int)rule, .offset = offset};
    return error;
}

int mms_scan_verdict(struct mms_scan scan, struct mms_diag *diag)
{
    struct mms_record record;
    int got;
    do
        got = mms_scan_next(&scan, &record, diag);
    while (got > 0);
    return got;
}

/* R103: the other order only when there is an error in this machine's and none in the other one. Each is a scan with
 * a fixed order, so this costs at most two passes. */
static bool detect_swapped(struct mms_scan scan)
{
    scan.swapped = false;
    if (mms_scan_verdict(scan, NULL) == 0)
        return false;
    scan.swapped = true;
    return mms_scan_verdict(scan, NULL) == 0;
}

int mms_scan_begin(struct mms_scan *scan, const void *data, size_t size, enum mms_order order, struct mms_diag *diag)
{
    struct mms_cursor in = {data, size};
    uint8_t version;

    if (!mms_take_u8(&in, &version))
        return mms_fail(diag, MMS_RULE_EMPTY, 0);
    if (version != 1 && version != 2)
        return mms_fail(diag, MMS_RULE_VERSION, 0);

    struct mms_scan begun = {.data = data, .size = size, .offset = 1, .version = version};
    begun.swapped = order == MMS_ORDER_AUTO ? detect_swapped(begun) : order != MMS_ORDER_NATIVE;
    *scan = begun;
    return 0;
}

int mms_scan_next(struct mms_scan *scan, struct mms_record *record, struct mms_diag *diag)
{
    if (scan->ended)
        return 0;
    return scan->version == 1 ? mms_scan_next_v1(scan, record, diag) : mms_scan_next_v2(scan, record, diag);
}

int mms_check(const void *data, size_t size, enum mms_order order, struct mms_diag *diag)
{
    struct mms_scan scan;
    int error = mms_scan_begin(&scan, data, size, order, diag);
    if (error == 0)
        error = mms_scan_verdict(scan, diag);
    if (error == 0 && diag != NULL)
        *diag = (struct mms_diag){0};
    return error;
}
