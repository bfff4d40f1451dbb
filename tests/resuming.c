/* SPDX-License-Identifier: MIT
 *
 * resuming DIRECTORY COUNT - a service that goes on with the counters of its last run: counts so often, and ends as by
 * a kill. Exit status 0 when all was published. */

#include <stdlib.h>
#include <unistd.h>

#include "mmstats/writer.h"

int main(int argc, char **argv)
{
    struct {
        mms_counter counter;
    } handles;
    static const struct mms_field field = {.kind = MMS_KIND_COUNTER, .label = "counter"};
    struct mms_options options = {.size = sizeof options, .files = "resuming.mmstats", .flags = MMS_RESUME | MMS_KEEP};
    struct mms_writer *writer;
    if (argc != 3)
        return 2;
    options.directory = argv[1];
    if (mms_writer_new(&options, &writer) < 0 || mms_writer_add(writer, &field, &handles.counter) < 0 ||
        mms_writer_open(writer) < 0)
        return 1;
    for (int i = atoi(argv[2]); i > 0; i--)
        mms_counter_inc(&handles.counter);
    _exit(0);
}
