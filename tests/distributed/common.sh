# What the tests of several ranks share; sourced by the scripts, which are given BUILD and LAUNCHER, and "all" for
# each number of ranks rather than some.
# shellcheck shell=bash disable=SC2034,SC2154
build=$1
launcher=$2
all=${3:-}
# shellcheck source=tests/work_folder.sh
. "$(dirname "${BASH_SOURCE[0]}")/../work_folder.sh"
data=$(cd "$(dirname "${BASH_SOURCE[0]}")/../data" && pwd)
# Open MPI starts no more ranks than there are cores, and none for root, unless it is told to.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe # the same for Open MPI 5
export OMPI_MCA_btl=self,vader,tcp OMPI_MCA_btl_vader_single_copy_mechanism=none
# What MPI itself allocates is not ours to free.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
failed=0

# ranks N ARGUMENTS...: nnfs-train on N ranks
ranks() {
    local count=$1
    shift
    timeout 120 "$launcher" -n "$count" "$build/nnfs-train" "$@"
}

# hash COMMAND...: the weights_hash in what it prints
hash() {
    "$@" --output none 2>"$work/errors" | sed -n 's/^weights *//p'
}

wrong() {
    echo "WRONG: $*"
    failed=1
}
