# SPDX-License-Identifier: GPL-2.0-or-later
# For tests that work with the simulated parents (kernel/sim). Loaded after lib/common.

# shellcheck disable=SC2034 # for the tests
NET=vdpasim_net BLK=vdpasim_blk
BUS=/sys/bus/vdpa
KNOBS=/sys/kernel/debug

# Amount of test data; less in the debug kernel, which checks every access.
# shellcheck disable=SC2034 # for the tests
MIB=$((${VDPA_DEBUG_KERNEL:-0} ? 4 : 64))

# shellcheck disable=SC2034 # for the tests
VMM=$VDPA_CLIENTS/vdpa_vmm

# load_sim CORE [net] [blk] [MODULE-PARAMETER…] - loads the core, ours or distro, and the simulated parents. A parameter
# goes to the module that has it.
load_sim() {
	local core=$1 class parameter classes=() common=() own=()
	shift

	for parameter; do
		case $parameter in
		net | blk) classes+=("$parameter") ;;
		use_va=* | max_iotlb_entries=* | max_dirty_kb=* | knobs=*) common+=("$parameter") ;;
		*) own+=("$parameter") ;;
		esac
	done
	load_core "$core"
	modprobe vhost_iotlb
	insmod "$VDPA_KO/sim/vdpa_sim.ko" "${common[@]}"
	for class in "${classes[@]}"; do
		insmod "$VDPA_KO/sim/vdpa_sim_$class.ko" "${own[@]}"
	done
}

# knob MGMTDEV[/devices/DEV] NAME VALUE
knob() { echo "$3" >"$KNOBS/$1/$2"; }

added() { [ -e "$BUS/devices/$1" ]; }
gone() { ! added "$1"; }

# netdev_of DEV, blockdev_of DEV, vhost_of DEV - prints the name of its interface, disk or character device
netdev_of() { _only "$BUS/devices/$1"/virtio*/net/*; }
blockdev_of() { _only "$BUS/devices/$1"/virtio*/block/*; }
vhost_of() { echo "/dev/$(_only "$BUS/devices/$1"/vhost-vdpa-*)"; }
_only() { [ $# = 1 ] && [ -e "$1" ] && echo "${1##*/}"; }

# vstat DEV QIDX NAME - one counter of a queue
vstat() { counter "$(vdpa dev vstats show "$1" qidx "$2")" "$3"; }

# vstat_sum DEV NAME QIDX… - its sum over several queues
vstat_sum() { counter_sum "$(vdpa dev vstats show "$1")" "${@:2}"; }

# counter LINE NAME - prints one counter from the output of vstats show for a queue
counter() { [[ $1 =~ \ $2\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}"; }

# counter_sum VSTATS NAME QIDX… - prints its sum over several queues, from the output of vstats show for a device
counter_sum() {
	local qidx line sum=0

	for qidx in "${@:3}"; do
		line=${1#*qidx "$qidx" }
		[[ $line != "$1" && ${line%%qidx *} =~ \ $2\ ([0-9]+) ]] || fail "no $2 of queue $qidx in: $1" || return
		sum=$((sum + BASH_REMATCH[1]))
	done
	echo "$sum"
}

vstat_is() { [ "$(vstat "$1" "$2" "$3")" = "$4" ]; }
vstat_above() { [ "$(vstat "$1" "$2" "$3")" -gt "$4" ]; }

# Two network devices in two network namespaces

# in_ns N COMMAND… - in the namespace of device nN
in_ns() { ip netns exec "ns$1" "${@:2}"; }

# pair_up PAIRS MTU - devices n0 and n1 with the addresses 10.0.0.1 and 10.0.0.2, each in a namespace of its own
pair_up() {
	local i

	for i in 0 1; do
		vdpa dev add name "n$i" mgmtdev "$NET" mac "02:00:00:00:00:0$((i + 1))" max_vqp "$1" mtu "$2" >/dev/null
		plug_in "$i" "$1"
	done
}

# plug_in N PAIRS
plug_in() {
	wait_until 20 netdev_of "n$1" >/dev/null
	ip netns add "ns$1"
	ip link set "$(netdev_of "n$1")" netns "ns$1" name eth0
	# Only frames of the test may be on the wire.
	[ ! -e /proc/sys/net/ipv6 ] || in_ns "$1" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	[ "$2" = 1 ] || in_ns "$1" ethtool -L eth0 combined "$2"
	ip -n "ns$1" addr add "10.0.0.$(($1 + 1))/24" dev eth0
	ip -n "ns$1" link set eth0 up
}

unplug_all() {
	local ns

	for ns in 0 1; do
		[ ! -e "/run/netns/ns$ns" ] || ip netns del "ns$ns"
	done
}

# netdev_stat N NAME… - prints counters of the interface's driver, one on each line
netdev_stat() {
	local n=$1 name files=()
	shift

	for name; do
		files+=("/sys/class/net/eth0/statistics/$name")
	done
	in_ns "$n" cat "${files[@]}"
}

# numbered BYTES - prints data in which every part is different
numbered() { head -c "$1" < <(seq 1 "$(($1 / 4))"); }

# Programs in the background

# start PROGRAM… - output to the file $OUT, its process is $PID; its standard input stays open. PROGRAM must not be a
# function: a signal would reach the shell around it.
start() {
	OUT=$(mktemp -p "$BATS_TEST_TMPDIR")
	[ -p "$BATS_TEST_TMPDIR/hold" ] || mkfifo "$BATS_TEST_TMPDIR/hold"
	"$@" <>"$BATS_TEST_TMPDIR/hold" >"$OUT" 2>&1 3>&- &
	PID=$!
	STARTED+=("$PID")
}

said() { grep -q -- "$2" "$1"; }

end_started() {
	local pid

	for pid in "${STARTED[@]}"; do
		kill -KILL "$pid" 2>/dev/null || continue
		wait_until 20 ended "$pid"
	done
	STARTED=()
}

teardown() {
	local rc=0

	# Requests that a test has delayed would block the unbind of their disk.
	[ ! -e "$KNOBS/$BLK/request_delay_ms" ] || echo 0 >"$KNOBS/$BLK/request_delay_ms"
	end_started || rc=1
	unplug_all || rc=1
	! grep -q ' /mnt/sim ' /proc/mounts || umount /mnt/sim || rc=1
	common_teardown || rc=1
	return "$rc"
}
