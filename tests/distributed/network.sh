#!/bin/bash
# Two ranks on two hosts: network namespaces joined by a veth pair, between which Open MPI sends over TCP. The bits of
# one process, also where the link is slow; where it goes down the job ends within a minute, and goes on to the same
# bits. Skipped where namespaces are not allowed, and with another MPI.
# Usage: network.sh BUILD LAUNCHER
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

skip() {
    echo "skipped: $*"
    exit 77
}

[[ $("$launcher" --version 2>/dev/null) == *'Open MPI'* || $("$launcher" --version 2>/dev/null) == *OpenRTE* ]] ||
    skip 'the agent that starts ranks is for Open MPI'
one=nnfs-$$-1 two=nnfs-$$-2
ip netns add $one 2>/dev/null || skip 'network namespaces are not allowed here'
trap 'ip netns del $one; ip netns del $two 2>/dev/null; rm -rf "$work"' EXIT
ip netns add $two
ip link add "veth$$" netns $one type veth peer name "veth$$" netns $two 2>"$work/errors" ||
    skip "no veth pair: $(cat "$work/errors")"
for name in $one $two; do
    ip -n "$name" address add "10.89.0.${name##*-}/24" dev "veth$$"
    ip -n "$name" link set "veth$$" up
    ip -n "$name" link set lo up
done

# Open MPI starts its daemon on another host with: agent HOST COMMAND...
cat >"$work/agent" <<AGENT
#!/bin/sh
shift
exec ip netns exec $two sh -c "\$*"
AGENT
chmod +x "$work/agent"
export OMPI_MCA_plm_rsh_agent="$work/agent" OMPI_MCA_btl=self,tcp
export OMPI_MCA_btl_tcp_if_include=10.89.0.0/24 OMPI_MCA_oob_tcp_if_include=10.89.0.0/24
# mpirun itself waits 5 minutes for a host that does not answer, unless it is told to.
export OMPI_MCA_oob_tcp_keepalive_time=5 OMPI_MCA_oob_tcp_keepalive_intvl=2 OMPI_MCA_oob_tcp_keepalive_probes=3

hosts() {
    timeout 120 ip netns exec $one "$launcher" --host 10.89.0.1:1,10.89.0.2:1 -n 2 "$build/nnfs-train" "$@"
}

cd "$work" || exit 1
# shellcheck disable=SC2054 # a list of widths
arguments=("$data/table/flats.csv" --preset plain --epochs 3 --hidden 300,300 --batch 64 --shards 2)
for wire in f32 bf16; do
    whole=$(hash "$build/nnfs-train" "${arguments[@]}" --wire $wire)
    [ "$(hash hosts "${arguments[@]}" --wire $wire)" = "$whole" ] ||
        wrong "--wire $wire: not the bits of one process: $(tail -n 2 "$work/errors")"
done
hosts "${arguments[@]}" --output none >out 2>errors
grep -q '^ranks  *2 on 2 hosts, 2 shards' out || wrong "the report: $(cat out errors)"

# The link goes down.
arguments=("$data/table/flats.csv" --preset plain --epochs 400 --hidden 16 --shards 2)
whole=$(hash "$build/nnfs-train" "${arguments[@]}")
hosts "${arguments[@]}" --checkpoint "$work/saved" --checkpoint-every 1epochs --output none >out 2>errors &
job=$!
until ls saved/checkpoint-* >/dev/null 2>&1 || ! kill -0 $job 2>/dev/null; do sleep 0.05; done
ip -n "$two" link set "veth$$" down
start=$SECONDS
wait $job && wrong 'a job without a network ended well'
[ $((SECONDS - start)) -le 60 ] || wrong "it took $((SECONDS - start)) seconds"
sleep 1
left=$(pgrep -x nnfs-train | while read -r process; do
    tr '\0' ' ' 2>/dev/null <"/proc/$process/cmdline" | grep -F "$work/"
done)
[ -z "$left" ] || wrong "still there: $left"
resumed=$(hash "$build/nnfs-train" --resume "$work/saved")
[ "$resumed" = "$whole" ] || wrong "resumed to ${resumed:-none: $(tail -n 2 "$work/errors")}, not to $whole"
exit "$failed"
