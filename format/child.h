// SPDX-License-Identifier: MIT
//
// child.h - how the child of a test ends.
#ifndef MMSTATS_FORMAT_CHILD_H
#define MMSTATS_FORMAT_CHILD_H

#include <unistd.h>

extern "C" int __llvm_profile_write_file(void) __attribute__((weak)); // there with --config=coverage

// As _exit, and what the child reached is counted.
[[noreturn]] inline void EndChild(int status)
{
    if (__llvm_profile_write_file != nullptr)
        __llvm_profile_write_file();
    _exit(status);
}

#endif
