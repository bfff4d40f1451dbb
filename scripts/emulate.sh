#!/bin/sh
# emulate.sh MACHINE TEST [ARGUMENT...]: runs a test that was built for another machine in qemu's user mode. One that is
# a script runs as it is, and puts $EMULATE before the programs that it starts.
export EMULATE="qemu-$1 -L /usr/$1-linux-gnu"
# Where a process with threads forks, the child would wait for ever for a lock of qemu's own allocator.
export G_SLICE=always-malloc
shift
case $(head -c 4 "$1") in
  *ELF) exec $EMULATE "$@" ;;
  *) exec "$@" ;;
esac
