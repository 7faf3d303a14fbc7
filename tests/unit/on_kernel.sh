#!/bin/sh
# Runs a test on one of OpenBLAS's kernels; 77 (skipped) if this CPU lacks its instructions.
# Usage: on_kernel.sh KERNEL CPU_FLAG PROGRAM [ARGUMENT...]
set -eu
kernel=$1
flag=$2
shift 2
grep -qsw -m 1 -e "$flag" /proc/cpuinfo || {
    echo "skipped: this CPU has no $flag, which the $kernel kernels need"
    exit 77
}
OPENBLAS_CORETYPE=$kernel exec "$@"
