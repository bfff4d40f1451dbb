"""Libraries of the system that one can do without.

    optional_library(
        name = "pcp_mmv",
        define = "HAVE_PCP_MMV",
        header = "/usr/include/pcp/mmv_stats.h",
        linkopts = ["-lpcp_mmv", "-lpcp"],
    )

makes @pcp_mmv//:pcp_mmv: where the header is there, a library that links with
`linkopts` and has those that depend on it compiled with `define`; else an empty
one. Bazel looks when its server starts: after the package was installed or
removed, run `bazel shutdown` once.
"""

_PRESENT = """\
cc_library(
    name = "{name}",
    defines = ["{define}"],
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
"""

_ABSENT = """\
cc_library(
    name = "{name}",
    visibility = ["//visibility:public"],
)
"""

def _optional_library_impl(context):
    present = context.path(context.attr.header).exists
    context.file("BUILD", (_PRESENT if present else _ABSENT).format(
        name = context.name,
        define = context.attr.define,
        linkopts = repr(context.attr.linkopts),
    ))

optional_library = repository_rule(
    implementation = _optional_library_impl,
    attrs = {
        "define": attr.string(mandatory = True),
        "header": attr.string(mandatory = True),
        "linkopts": attr.string_list(),
    },
    # What it looks at is no input that Bazel knows of.
    configure = True,
    local = True,
)
