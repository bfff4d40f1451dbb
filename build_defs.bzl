"""The project's C and C++ targets, and the only place of their compiler options.

Every target uses these macros, so that none forgets its warnings. Code compiles
without a warning with gcc 12 and clang 14. All other arguments (visibility, tags,
data, defines, linkopts, testonly ...) are those of the rule underneath; a target
that names no visibility can be seen in its own folder alone.

    mms_cc_library(
        name = "slot",
        hdrs = ["slot.h"],
        include_prefix = "mmstats",  # then: #include "mmstats/slot.h"
    )

    mms_cc_test(
        name = "slot_test",
        srcs = ["slot_test.cc"],
        tags = ["threads"],
        deps = [":slot"],
    )
"""

_COMMON = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wcast-qual",
    "-Wconversion",
    "-Wformat=2",
    "-Wimplicit-fallthrough",
    "-Wpointer-arith",
    "-Wshadow",
    "-Wundef",
    "-Wvla",
    "-fno-common",
    "-fstack-protector-strong",
    # What is exported says so; the rest stays the library's own.
    "-fvisibility=hidden",
]

_COPTS = {
    "c": _COMMON + [
        "-std=c11",
        "-Wmissing-prototypes",
        "-Wold-style-definition",
        "-Wsign-conversion",
        "-Wstrict-prototypes",
        "-Wwrite-strings",
    ],
    # Tests. Every index into a container would need a cast; clang's -Wconversion
    # has the warning in it, gcc's has not.
    "c++": _COMMON + ["-std=c++17", "-Wno-sign-conversion"],
}

def mms_cc_library(name, lang = "c", copts = [], include_prefix = None, **kwargs):
    """A library.

    Args:
      name: its name.
      lang: "c" for C11, "c++" for C++17 (helpers of tests).
      copts: options on top of the common ones, e.g. ["-D_GNU_SOURCE"].
      include_prefix: the folder under which others include `hdrs`; without it
        they are included by their path from the root.
      **kwargs: as in cc_library.
    """
    if include_prefix:
        kwargs["include_prefix"] = include_prefix
        kwargs["strip_include_prefix"] = "/" + native.package_name()
    native.cc_library(name = name, copts = _COPTS[lang] + copts, **kwargs)

def mms_cc_binary(name, lang = "c", copts = [], **kwargs):
    """A program; arguments as in mms_cc_library."""
    native.cc_binary(name = name, copts = _COPTS[lang] + copts, **kwargs)

def mms_cc_test(name, lang = "c++", copts = [], deps = [], main = True, size = "small", **kwargs):
    """A test: C++17 with GoogleTest, or plain C with a main of its own.

    Args:
      name: its name.
      lang: "c++", or "c" for a test without GoogleTest.
      copts: options on top of the common ones.
      deps: what it tests.
      main: whether to link GoogleTest's main; False for a test that has its own.
      size: as in cc_test, which derives the time limit from it.
      **kwargs: as in cc_test. Tags that ./test knows: slow, threads, memory,
        no-asan, no-msan, no-tsan, no-valgrind, no-cross, no-s390x.
    """
    gtest = ["@googletest//:gtest_main" if main else "@googletest//:gtest"]
    native.cc_test(
        name = name,
        copts = _COPTS[lang] + copts,
        deps = deps + (gtest if lang == "c++" else []),
        size = size,
        **kwargs
    )
