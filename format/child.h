// SPDX-License-Identifier: MIT
//
// child.h - how the child of a test ends.
#ifndef MMSTATS_FORMAT_CHILD_H
#define MMSTATS_FORMAT_CHILD_H

#include <sys/resource.h>
#include <unistd.h>

#include <initializer_list>

// There with --config=coverage.
extern "C" int __llvm_profile_write_file(void) __attribute__((weak));
extern "C" void lprofSetProfileDumped(unsigned) __attribute__((weak));

// Writes what was reached down, whatever limits the test has set.
inline void CountCoverage()
{
    if (__llvm_profile_write_file == nullptr)
        return;
    for (auto resource : {RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_AS}) {
        rlimit limit;
        getrlimit(resource, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(resource, &limit);
    }
    __llvm_profile_write_file();
}

// As _exit, and what the child reached is counted.
[[noreturn]] inline void EndChild(int status)
{
    CountCoverage();
    _exit(status);
}

// It is written down when the process begins to end. Destructors of the library come later: this is the last of all.
__attribute__((destructor(101), used)) static inline void CountDestructors()
{
    if (lprofSetProfileDumped == nullptr)
        return;
    lprofSetProfileDumped(0);
    CountCoverage();
}

#endif
