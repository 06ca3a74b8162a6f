#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every memory allocation that a command, a parent's operation or the loading of a module makes fails once: that is
# refused, with nothing done by halves, and the next attempt succeeds. nl_failnth says what it looks at. Only the debug
# kernel can have allocations fail.
# time limit: 1200

load ../lib/state

# failures - how many allocations failed, according to nl_failnth
failures() { sed -n 's/^total failed //p' <<<"$output"; }

# all_ok MINIMUM NL_FAILNTH-ARGUMENT… - every case is, and at least MINIMUM allocations failed.
all_ok() {
	local minimum=$1
	shift

	run "$VDPA_CLIENTS/nl_failnth" "$@"
	echo "$output"
	[ "$status" = 0 ]
	[ "$(failures)" -ge "$minimum" ] || fail "only $(failures) allocations failed"
	echo "# $(failures) allocations failed: $*" >&3
}

@test "a command whose own allocations fail is refused, and changes nothing" {
	started_pair
	all_ok 300 task n0 b0
}

@test "a command of which an allocation fails in a worker or in the parent is refused, and changes nothing" {
	started_pair
	all_ok 300 worker n0 b0
}

@test "a command whose large allocation fails, and what is tried in its place as well, is refused, and changes nothing" {
	started_pair
	all_ok 30 --kvmalloc task n0 b0
	all_ok 5 --kvmalloc worker n0 b0
}

@test "a module of ours that finds no memory when it is loaded leaves nothing behind, and loads the next time" {
	all_ok 100 insmod "$VDPA_KO/core/vdpa.ko"
	load_core ours
	modprobe vhost_iotlb
	insmod "$VDPA_KO/sim/vdpa_sim.ko"
	all_ok 100 insmod "$VDPA_KO/sim/vdpa_sim_net.ko"
	all_ok 100 insmod "$VDPA_KO/sim/vdpa_sim_blk.ko"
}

@test "a driver in user space whose device's parent finds no memory ends, with the device free for the next one" {
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
	user_devices "$NET" n0
	user_devices "$BLK" b0
	all_ok 5 run "$VMM" "$(vhost_of n0)" net count 3
	all_ok 5 run "$VMM" "$(vhost_of b0)" blk count 3
}
