"""Stand-in for rules_java, written for this project (MIT).

Bazel's own build files load these names from here; they are all built in.
"""

java_binary = native.java_binary
java_import = native.java_import
java_library = native.java_library
java_runtime = native.java_runtime
java_toolchain = native.java_toolchain
