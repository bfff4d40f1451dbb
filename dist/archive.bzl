"""One static library out of several targets."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _archive_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    parts = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps])
    objects = [
        object
        for linker_input in parts.linking_context.linker_inputs.to_list()
        for library in linker_input.libraries
        for object in library.pic_objects or library.objects
    ]

    # q: append, whatever the names (several are the same, which linkers do not mind); s: with an index; D: without
    # dates and owners.
    ctx.actions.run(
        executable = toolchain.ar_executable,
        arguments = ["cqsD", ctx.outputs.out.path] + [object.path for object in objects],
        inputs = depset(objects, transitive = [toolchain.all_files]),
        outputs = [ctx.outputs.out],
        mnemonic = "MmsArchive",
    )

archive = rule(
    doc = """All objects of `deps`, and of what they depend on, in one archive.

Position-independent objects: the archive may end up in any program, and in shared libraries.""",
    implementation = _archive_impl,
    attrs = {
        "deps": attr.label_list(providers = [CcInfo]),
        "out": attr.output(mandatory = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
