// SPDX-License-Identifier: MIT
//
// writer.h as C++11 to C++20, with more warnings than the project's own: every macro and every update.
#include "mmstats/writer.h"

#include "writer/headers_test.h"

int main()
{
    return use_everything();
}
