// SPDX-License-Identifier: MIT
//
// The first call of mms_clock_tsc, which measures the processor's counter against the clock: nothing that happens
// meanwhile may keep others waiting. Each case has a process of its own, as there is one first call in each.
#include <pthread.h>
#include <time.h>

#include <atomic>
#include <thread>

#include "writer/testing.h"

namespace {

std::atomic<void (*)()> in_pause{nullptr};

} // namespace

// The pause between two readings.
extern "C" int nanosleep(const timespec *time, timespec *rest)
{
    if (void (*act)() = in_pause.exchange(nullptr))
        act();
    int error = clock_nanosleep(CLOCK_REALTIME, 0, time, rest); // a cancellation point
    errno = error;
    return error != 0 ? -1 : 0;
}

namespace {

using namespace mms_testing;

bool goes_on()
{
    alarm(60); // or it hangs
    uint64_t before = mms_clock_tsc();
    while (mms_clock_tsc() == before) {
    }
    return mms_clock_tsc() > before;
}

TEST(Tsc, ThreadIsCancelledMeanwhile)
{
    EXPECT_TRUE(InChild([] {
        std::atomic<bool> called{false};
        pthread_t thread;
        auto call = [](void *argument) -> void * {
            pthread_cancel(pthread_self());
            mms_clock_tsc();
            static_cast<std::atomic<bool> *>(argument)->store(true);
            return nullptr;
        };
        ASSERT_EQ(0, pthread_create(&thread, nullptr, call, &called));
        pthread_join(thread, nullptr);
        EXPECT_TRUE(called) << "a clock is no cancellation point";
        EXPECT_TRUE(goes_on());
    }));
}

TEST(Tsc, ProcessForksMeanwhile)
{
    EXPECT_TRUE(InChild([] {
        in_pause = [] {
            // in another thread, as in the child of this one the call ends
            std::thread([] { EXPECT_TRUE(InChild([] { EXPECT_TRUE(goes_on()); })); }).join();
        };
        EXPECT_TRUE(goes_on());
    }));
}

TEST(Tsc, OthersCallItMeanwhile)
{
    EXPECT_TRUE(InChild([] {
        in_pause = [] { std::thread([] { EXPECT_TRUE(goes_on()); }).join(); };
        EXPECT_TRUE(goes_on());
    }));
}

} // namespace
