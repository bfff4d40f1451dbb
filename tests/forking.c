/* SPDX-License-Identifier: MIT
 *
 * forking DIRECTORY - publishes, forks a child that goes on publishing, which prints its process ID; ends. */

#include <stdio.h>
#include <unistd.h>

#include "mmstats/writer.h"

struct handles {
    mms_counter counter;
};

static const struct mms_field fields[] = {MMS_COUNTER(struct handles, counter, "counter")};
MMS_MODEL(model, struct handles, fields);

int main(int argc, char **argv)
{
    struct mms_options options = {.size = sizeof options};
    if (argc != 2)
        return 2;
    options.directory = argv[1];
    model.options = &options;
    struct handles *handles = mms_get(&model);
    mms_counter_inc(&handles->counter);
    pid_t pid = fork();
    if (pid == 0) {
        mms_counter_inc(&handles->counter);
        printf("%d\n", (int)getpid());
        fflush(stdout);
        for (;;)
            pause();
    }
    _exit(pid > 0 ? 0 : 1);
}
