// SPDX-License-Identifier: MIT
//
// faults_testing.h - a call of the library in which each call of libc fails, one after the other.
//
// A scene is such a call: what comes before it, the call itself, and what has to hold after it. Sweep plays it once for
// every call of libc that it makes and every error that this can have, each time with new objects, and with a look at
// what was left behind.
#ifndef MMSTATS_TESTS_FAULTS_TESTING_H
#define MMSTATS_TESTS_FAULTS_TESTING_H

#include <errno.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/faults.h"

namespace mms_testing {

// Files are made by the hundred: in memory, where they cost nothing.
inline const bool kInMemory = getenv("ON_OVERLAY") == nullptr && access("/dev/shm", W_OK) == 0 &&
                              setenv("TEST_TMPDIR", "/dev/shm", 1) == 0;

// On overlayfs a published file's writer keeps a descriptor (publish.c).
inline bool keeps_descriptors(const std::string &directory)
{
    struct statfs system;
    return statfs(directory.c_str(), &system) == 0 && system.f_type == OVERLAYFS_SUPER_MAGIC;
}

inline long open_descriptors()
{
    auto begin = std::filesystem::directory_iterator("/proc/self/fd");
    return std::distance(begin, std::filesystem::directory_iterator()) - 1;
}

// What must be the same before and after.
struct Possessions {
    long blocks = fault_blocks(), mapped = fault_mapped(), descriptors = open_descriptors();
};

// The scene has prepare(), int act() (0 or -errno), failed(int error) after an error, again() (the same call without a
// fault), and works() at the end; held() is how many descriptors it rightly has, keeps() whether writers keep one
// there.
template <class Scene> class Sweep {
public:
    template <class... Arguments> static unsigned run(const Arguments &...arguments)
    {
        play(FAULT_MALLOC, 0, 0, arguments...); // libc allocates some things once
        unsigned injected = 0;
        for (int call = 0; call < FAULT_CALLS; call++)
            for (int error : fault_rows[call].errors)
                for (unsigned long nth = 1; error != 0 && play(fault_call(call), nth, error, arguments...); nth++)
                    injected++;
        EXPECT_GT(injected, 0U);
        return injected;
    }

private:
    // Returns whether there was such a call.
    template <class... Arguments>
    static bool play(fault_call call, unsigned long nth, int error, const Arguments &...arguments)
    {
        const char *name = fault_rows[call].name, *what = error < 0 ? "cut short" : strerrorname_np(error);
        testing::ScopedTrace trace(__FILE__, __LINE__, std::string(name) + " number " + std::to_string(nth) + ": " +
                                                           (what != nullptr ? what : "no fault"));
        bool injected;
        long may_stay = 0;
        Possessions before;
        {
            Scene scene(arguments...);
            scene.prepare();
            long descriptors = open_descriptors() - scene.held();
            fault_arm(call, nth, error);
            int result = scene.act();
            injected = fault_disarm();
            EXPECT_LE(result, 0);
            EXPECT_TRUE(injected || result == 0) << result;
            EXPECT_TRUE(result == 0 || (error != EINTR && error != FAULT_SHORT)) << "to be gone on with: " << result;
            if (result != 0) {
                EXPECT_EQ(descriptors, open_descriptors() - scene.held());
                scene.failed(result);
                EXPECT_EQ(0, scene.again());
            }
            scene.works();
            // A writer that cannot tell whether a descriptor is its own must not close it.
            may_stay = call == FAULT_FSTAT && scene.keeps() ? 1 : 0;
        }
        if (nth == 0) // the first time
            return false;
        if (testing::Test::HasFailure()) // whose message takes memory, too
            return false;
        Possessions after;
        EXPECT_EQ(before.blocks, after.blocks) << "a leak";
        EXPECT_EQ(before.mapped, after.mapped) << "a mapping that is left";
        EXPECT_LE(after.descriptors - before.descriptors, may_stay);
        EXPECT_GE(after.descriptors, before.descriptors);
        return injected;
    }
};

} // namespace mms_testing

#endif
