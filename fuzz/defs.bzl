"""Fuzz targets: one harness, three ways to run it.

    bazel test //fuzz:all                 replays the corpus, as a plain test
    bazel build --config=fuzz //fuzz:all  links libFuzzer in
"""

load("//:build_defs.bzl", "mms_cc_test")

def cc_fuzz_test(name, srcs, corpus, deps, **kwargs):
    """A harness with LLVMFuzzerTestOneInput.

    Args:
      name: its name.
      srcs: its sources, in C.
      corpus: targets that give its seeds.
      deps: what it tests.
      **kwargs: as in mms_cc_test.
    """
    mms_cc_test(
        name = name,
        lang = "c",
        srcs = srcs + select({
            "//fuzz:libfuzzer": [],
            "//conditions:default": ["replay.c"],
        }),
        args = ["$(locations %s)" % label for label in corpus],
        data = corpus,
        linkopts = select({
            "//fuzz:libfuzzer": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps,
        **kwargs
    )
