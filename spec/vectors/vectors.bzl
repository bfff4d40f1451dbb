"""The rule that makes the test files."""

def _vectors_impl(ctx):
    # A folder, since only the recipes know how many files their cuts make.
    out = ctx.actions.declare_directory(ctx.label.name)
    matrix = ctx.actions.declare_directory(ctx.label.name + ".matrix")
    ctx.actions.run_shell(
        inputs = [ctx.file.matrix],
        outputs = [matrix],
        command = "python3 -B {} {}".format(ctx.file.matrix.path, matrix.path),
        mnemonic = "Matrix",
    )
    ctx.actions.run_shell(
        inputs = ctx.files.recipes + [ctx.file.script, matrix],
        outputs = [out],
        command = "python3 -B {} all {} {} -o {}".format(
            ctx.file.script.path,
            ctx.label.package,
            matrix.path,
            out.path,
        ),
        mnemonic = "Recipes",
        progress_message = "Making test files from recipes",
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

vectors = rule(
    implementation = _vectors_impl,
    doc = "Compiles recipes: a folder of good/NAME.mmstats, good/NAME.json, good/NAME.flat and the same in bad/.",
    attrs = {
        "recipes": attr.label_list(allow_files = [".txt"], doc = "the recipes of this package"),
        "matrix": attr.label(allow_single_file = True, doc = "the script that makes more of them"),
        "script": attr.label(allow_single_file = True, doc = "the compiler of recipes"),
    },
)
