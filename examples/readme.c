/* SPDX-License-Identifier: MIT
 *
 * readme.c - the program in README.md: publishes a counter and a timer for half a minute. */
#include <mmstats/writer.h>
#include <poll.h>

struct app { mms_counter loops; mms_timer work; };
static const struct mms_field fields[] = {
    MMS_COUNTER(struct app, loops, "app.loops"),
    MMS_TIMER(struct app, work, "app.work", "seconds", "time that one loop takes"),
};
MMS_MODEL(model, struct app, fields);

int main(void)
{
    struct app *app = (struct app *)mms_get(&model); // this thread's metrics
    for (int i = 0; i < 3000; i++) {
        MMS_TIMER_SCOPE(&app->work); // to the end of the block
        poll(NULL, 0, 10);           // stands for some work
        mms_counter_inc(&app->loops);
    }
}
