"""Fuzz targets: one harness, three ways to run it.

    bazel test //fuzz:all                 replays the corpus and some mutated inputs, as a plain test
    bazel build --config=fuzz //fuzz:all  links libFuzzer in
    bazel build --config=afl //fuzz:all   the same for AFL++, in persistent mode
"""

load("//:build_defs.bzl", "mms_cc_test")

# Of the structure-aware mutator: does an input hold one file, or two (fuzz.h)?
_MUTATORS = {
    "file": [],
    "pair": ["-DFUZZ_PAIR"],
}

def cc_fuzz_test(
        name,
        srcs,
        deps = [],
        corpus = [],
        dict = None,
        mutator = None,
        executions = 10000,
        size = "small",
        linkopts = [],
        **kwargs):
    """A harness with LLVMFuzzerTestOneInput.

    Seeds are also what corpus/NAME and regressions/NAME hold.

    Args:
      name: its name.
      srcs: its sources, in C.
      deps: what it tests, besides //format.
      corpus: targets that give more seeds.
      dict: its dictionary.
      mutator: "file" or "pair": its inputs are changed by record (mutator.c), too.
      executions: how many mutated inputs the plain test runs.
      size: as in cc_test.
      linkopts: on top of those of the engine.
      **kwargs: as in mms_cc_test.
    """
    files = native.glob(["corpus/%s/*" % name, "regressions/%s/*" % name])
    folders = {file.rpartition("/")[0]: True for file in files}
    mutated = ["mutator.c"] if mutator else []
    mms_cc_test(
        name = name,
        lang = "c",
        srcs = srcs + select({
            "//fuzz:libfuzzer": mutated,
            "//fuzz:afl": [],  # there the mutator is a library of its own
            "//conditions:default": mutated + ["replay.c"],
        }),
        copts = ["-D_GNU_SOURCE"] + _MUTATORS.get(mutator, []),
        args = ["-n", str(executions)] +
               ["$(locations %s)" % label for label in corpus] +
               ["%s/%s" % (native.package_name(), folder) for folder in folders],
        data = corpus + files + ([dict] if dict else []),
        linkopts = linkopts + select({
            "//fuzz:libfuzzer": ["-fsanitize=fuzzer"],
            "//fuzz:afl": ["/usr/lib/afl/libAFLDriver.a"],
            "//conditions:default": [],
        }),
        size = size,
        deps = deps + [":fuzz", "//format"],
        **kwargs
    )
