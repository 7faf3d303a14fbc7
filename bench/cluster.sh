#!/bin/bash
# Training by several ranks on this machine, on a quiet one in five minutes: two ranks with a thread each against one
# rank with two threads; two processes of PyTorch DDP (gloo) at the same work; over a link of 1 Gbit/s between network
# namespaces, the share of the communication that overlap hides. Each number is the median of pairs that alternate.
# Usage: cluster.sh BUILD [PYTHON], a Python with torch; LAUNCHER=mpirun ROUNDS=3
set -u -o pipefail
build=$(cd "$1" && pwd)
python=${2:-python3}
launcher=${LAUNCHER:-mpirun}
rounds=${ROUNDS:-3}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
one=nnfs-$$-1 two=nnfs-$$-2
trap 'rm -rf "$work"; ip netns del $one 2>/dev/null; ip netns del $two 2>/dev/null' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none

# 30,000 samples of noise; what they are does not matter to the speed.
"$python" - "$work" <<'PYTHON'
import sys

import numpy

random = numpy.random.default_rng(1)
numpy.savez(sys.argv[1] + "/data.npz", x=random.random((30000, 784), dtype=numpy.float32),
            y=random.integers(0, 10, 30000))
PYTHON

arguments() { # WIDTH BATCH
    echo "$work/data.npz --format npz --arrays x,y --preset plain --hidden $1,$1 --batch $2 --epochs 2 --test 0.01 \
        --optimizer sgd --lr 0.01 --output none"
}

# speed COMMAND...: samples a second, and the share of the time in communication, in %
speed() {
    "$@" 2>/dev/null >"$work/out"
    samples=$(sed -n 's/^speed *\([0-9,]*\) samples.*/\1/p' "$work/out" | tr -d ,)
    waited=$(sed -n 's/^ranks.*shards, \([0-9.]*\) % of.*/\1/p' "$work/out")
}

median() {
    sort -g | awk '{ x[NR] = $1 } END { if (NR) print x[int((NR + 1) / 2)]; else print "none" }'
}

compare() { # NAME WIDTH BATCH
    local name=$1 width=$2 batch=$3 round
    rm -f "$work"/*.speeds
    for ((round = 0; round < rounds; round++)); do
        # shellcheck disable=SC2046 # words
        speed "$build/nnfs-train" $(arguments "$width" "$batch") --shards 2 --threads 2
        echo "$samples" >>"$work/one.speeds"
        # shellcheck disable=SC2046
        speed "$launcher" -n 2 "$build/nnfs-train" $(arguments "$width" "$batch") --threads 1
        echo "$samples" >>"$work/two.speeds"
        echo "$waited" >>"$work/waited.speeds"
        "$python" "$here/cluster_ddp.py" "$work/data.npz" "$width" "$batch" >>"$work/ddp.speeds" 2>"$work/errors" ||
            tail -n 1 "$work/errors"
    done
    awk -v name="$name" -v one="$(median <"$work/one.speeds")" -v two="$(median <"$work/two.speeds")" \
        -v ddp="$(median <"$work/ddp.speeds")" -v waited="$(median <"$work/waited.speeds")" 'BEGIN {
        printf "%-28s one rank %8d/s  two ranks %8d/s (%.2f, %s %% waiting)  DDP %8d/s  nnfs/DDP %.2f\n", name, one, two,
            two / one, waited, ddp, two / (ddp > 0 ? ddp : 1) }'
}

# What overlap hides at 1 Gbit/s: the model's time of all messages against what was waited.
link() { # WIDTH BATCH WIRE PARAMETERS BYTES
    local name
    ip netns add "$one" 2>/dev/null || { echo "no network namespaces here"; return; }
    ip netns add "$two"
    ip link add "veth$$" netns "$one" type veth peer name "veth$$" netns "$two"
    for name in "$one" "$two"; do
        ip -n "$name" address add "10.89.0.${name##*-}/24" dev "veth$$"
        ip -n "$name" link set "veth$$" up
        ip -n "$name" link set lo up
        tc -n "$name" qdisc add dev "veth$$" root tbf rate 1gbit burst 256kb latency 50ms
    done
    printf '#!/bin/sh\nshift\nexec ip netns exec %s sh -c "$*"\n' "$two" >"$work/agent"
    chmod +x "$work/agent"
    # shellcheck disable=SC2046
    OMPI_MCA_plm_rsh_agent=$work/agent OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=10.89.0.0/24 \
        OMPI_MCA_oob_tcp_if_include=10.89.0.0/24 speed ip netns exec "$one" "$launcher" \
        --host 10.89.0.1:1,10.89.0.2:1 -n 2 "$build/nnfs-train" $(arguments "$1" "$2") --threads 1 --wire "$3"
    ip netns del "$one"
    ip netns del "$two"
    awk -v speed="$samples" -v waited="$waited" -v batch="$2" -v floats="$4" -v bytes="$5" -v wire="$3" 'BEGIN {
        step = batch / speed; wire_time = floats * bytes / 125e6
        printf "1 Gbit/s, 2048, batch %d, %s: %d samples/s, messages %.0f ms a step, waited %.0f ms, hidden %.0f %%\n",
            batch, wire, speed, 1e3 * wire_time, 10 * waited * step, 100 - waited * step / wire_time }'
}

compare '784-2048-2048-10, batch 1024' 2048 1024
compare '784-512-512-10, batch 512' 512 512
link 2048 1024 f32 5824522 4
link 2048 1024 bf16 5824522 2
link 2048 2048 bf16 5824522 2
