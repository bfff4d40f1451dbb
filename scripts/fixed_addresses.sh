#!/bin/sh
# fixed_addresses.sh COMMAND [ARGUMENT...]: runs it without address randomization.
# The sanitizers of gcc 12 and clang 14 want certain addresses for themselves, and
# hang or die where the kernel may hand them out (vm.mmap_rnd_bits above 28).
# Where a container forbids the switch, the command runs as it is.
if setarch --addr-no-randomize true 2>/dev/null; then
  exec setarch --addr-no-randomize "$@"
fi
exec "$@"
