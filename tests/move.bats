#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that never stops working moves from one device to another: nothing is lost, nothing comes twice.
# How many times, where it moves to and fro:
#	tests/vm/run --timeout 1800 -- env VDPA_MOVES=1000 bats tests/move.bats
# time limit: 1800

load lib/common
load lib/sim
load lib/guest

MOVES=${VDPA_MOVES:-50}

# disks CORE - two disks with the same data, $B0 and $B1
disks() {
	load_sim "$1" blk
	load_bus_drivers vhost_vdpa
	knob "$BLK" store pool
	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name b1 mgmtdev "$BLK"
	B0=$(vhost_of b0) B1=$(vhost_of b1)
}

# nics CORE - two network devices with the same address, $N0 and $N1, and one of somebody else, $PEER
nics() {
	load_sim "$1" net
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:01
	vdpa dev add name n1 mgmtdev "$NET" mac 02:00:00:00:00:01
	vdpa dev add name peer mgmtdev "$NET" mac 02:00:00:00:00:02
	N0=$(vhost_of n0) N1=$(vhost_of n1) PEER=$(vhost_of peer)
}

# all_written_once IDLE - after "finish": each write was completed, once, and done by one of the devices, once. IDLE is the
# one that nobody drives: a device without a driver has no statistics to show.
all_written_once() {
	local finished=$ANSWER submitted

	guest_start idle "$(vhost_of "$1")" blk queues 4
	ANSWER=$finished
	submitted=$(answer submitted)
	assert_match "$ANSWER" '^ok finish well '
	assert_equal "$(answer completed) $(answer repeated) $(answer failed) $(answer wrong)" "$submitted 0 0 0"
	assert_equal "$(($(vstat_sum b0 writes 0 1 2 3) + $(vstat_sum b1 writes 0 1 2 3)))" "$submitted"
}

# Moves are of no use as a test where nothing was on its way.
much_was_carried() {
	guest "$1" count
	[ "$(answer carried)" -ge "$2" ] || fail "only $(answer carried) requests were on their way in $2 moves"
}

@test "a disk that is written to moves to and fro, every write is done once, and the disk reads as computed" {
	disks ours
	guest_start vm "$B0" blk depth 16 queues 2
	guest vm go

	guest vm moves "$MOVES" "$B1"

	echo "# $MOVES moves: $ANSWER µs" >&3
	much_was_carried vm "$MOVES"
	guest vm finish
	all_written_once "$([ $((MOVES % 2)) = 1 ] && echo b0 || echo b1)"
	guest_ends vm
}

@test "a network device moves to and fro: only frames on the wire meanwhile are lost, none comes twice or too late" {
	nics ours
	guest_start vm "$N0" net
	guest vm peer "$PEER"
	guest vm go

	guest vm moves "$MOVES" "$N1"

	echo "# $MOVES moves: $ANSWER µs" >&3
	much_was_carried vm "$MOVES"
	guest vm finish
	echo "# $ANSWER" >&3
	assert_match "$ANSWER" '^ok finish well '
	assert_equal "$(answer lost) $(answer repeated) $(answer wrong)" '0 0 0'
	assert_equal "$(answer peer_lost) $(answer peer_on_wire) $(answer peer_repeated) $(answer peer_wrong)" '0 0 0 0'
	assert_equal "$(answer peer_received)" "$(answer sent)"
	[ "$(answer on_wire)" -gt 0 ]
	guest_ends vm
}

@test "on the distribution's core a disk and a network device move as well" {
	disks distro
	guest_start vm "$B0" blk
	guest vm go
	guest vm moves 10 "$B1"
	guest vm finish
	assert_match "$ANSWER" '^ok finish well '
	guest_ends vm
	unload_all

	nics distro
	guest_start vm "$N0" net
	guest vm go
	guest vm moves 10 "$N1"
	guest vm finish
	assert_match "$ANSWER" '^ok finish well '
	guest_ends vm
}

@test "a signal moves a guest to its next device, and back" {
	disks ours
	guest_start vm "$B0" blk
	guest vm next "$B1"
	guest vm go
	for i in 1 2; do
		kill -USR1 "$(guest_pid vm)"
		_guest_says vm
		assert_match "$ANSWER" '^ok move downtime=[0-9]+ still=[0-9]+$'
	done
	guest vm finish
	all_written_once b1
	guest_ends vm
}

@test "a guest moves to another process, with its memory and the state of its device" {
	disks ours
	guest_start source "$B0" blk depth 16 queues 2
	guest source go
	guest source wait 500
	guest source stop
	guest source save "$BATS_TEST_TMPDIR/memory"

	guest_start target "$B1" blk restore "$BATS_TEST_TMPDIR/memory"
	guest target load
	guest target continue
	ask source quit

	guest target wait 500
	guest target finish
	all_written_once b0
	guest_ends target
}

# goes_on VM - it works where it was, as if nothing had been.
goes_on() {
	guest "$1" wait 200
	guest "$1" finish
	all_written_once b1
	guest_ends "$1"
}

@test "a target that refuses to be opened or lacks a feature leaves the source running, with nothing lost" {
	disks ours
	vdpa dev add name poor mgmtdev "$BLK" device_features 0x300000000
	guest_start vm "$B0" blk queues 2
	guest_start other "$B1" blk
	guest vm go

	guest_cannot 'Device or resource busy' vm move "$B1"
	guest_ends other
	guest_cannot 'No such file' vm move /dev/vhost-vdpa-99
	guest_cannot 'lacks the features 0x1200' vm move "$(vhost_of poor)"
	goes_on vm
}

@test "a suspend that takes longer than its deadline, or fails, leaves the source running, with nothing lost" {
	disks ours
	guest_start vm "$B0" blk queues 2
	guest vm go

	knob "$BLK/devices/b0" suspend_delay_ms 600000
	guest_cannot 'SUSPEND: Interrupted' vm move "$B1" 200
	guest vm wait 100
	knob "$BLK/devices/b0" suspend_delay_ms 0
	knob "$BLK/devices/b0" suspend_errno 5
	guest_cannot 'SUSPEND: Input/output error' vm move "$B1"
	goes_on vm
}

@test "a state that the target does not take leaves the source as it was, and it runs again, with nothing lost" {
	disks ours
	guest_start vm "$B0" blk queues 2
	guest vm go
	guest vm prepare "$B1"
	guest vm stop

	guest_cannot 'SET_VRING_BASE: Invalid argument' vm load 0 65536
	guest vm resume
	goes_on vm
}

@test "a target that breaks down when it starts leaves the source running, with nothing lost" {
	disks ours
	guest_start vm "$B0" blk queues 2
	guest vm go
	guest vm prepare "$B1"
	guest vm stop
	# So far behind that the ring cannot hold what seems to be waiting.
	guest vm state
	for queue in 0 1; do
		guest vm load $queue $((($(answer $queue) - 1000) & 65535))
		guest vm state
	done

	guest_cannot 'the target has stopped: status 0x4' vm continue
	goes_on vm
}

@test "a target that dies before it goes on leaves the source as it was, and it runs again, with nothing lost" {
	disks ours
	guest_start source "$B0" blk queues 2
	guest source go
	guest source stop
	guest source save "$BATS_TEST_TMPDIR/memory"
	guest_start target "$B1" blk restore "$BATS_TEST_TMPDIR/memory"
	guest target load

	kill -KILL "$(guest_pid target)"
	wait_until 20 ended "$(guest_pid target)"
	guest source resume
	goes_on source
}
