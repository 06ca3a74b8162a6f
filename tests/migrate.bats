#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody else than the driver moves it: an orchestrator suspends the device, carries over its state and has it go on on
# another one, with the vdpa command alone.
# time limit: 1800

load lib/common
load lib/sim
load lib/guest

# disks - two disks with the same data, $B0 and $B1
disks() {
	load_sim ours blk
	load_bus_drivers vhost_vdpa
	knob "$BLK" store pool
	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name b1 mgmtdev "$BLK"
	B0=$(vhost_of b0) B1=$(vhost_of b1)
}

# finishes VM - all that it ever asked for was done, once, and right.
finishes() {
	guest "$1" finish
	assert_match "$ANSWER" '^ok finish well '
	guest_ends "$1"
}

# nothing_moves VM
nothing_moves() {
	guest "$1" watch 500
	assert_equal "$(answer completed)" 0
}

# position DEV QIDX - of one queue
position() { vdpa -j dev vq show "$1" qidx "$2" | jq ".vq[\"$1\"].queues[0].avail_index"; }

@test "nothing moves in a disk that the command has suspended, and what was on its way is done once it is resumed" {
	disks
	guest_start vm "$B0" blk queues 2
	guest vm go

	vdpa dev suspend b0
	nothing_moves vm

	vdpa dev resume b0
	guest vm wait 200
	finishes vm
}

@test "virtqueue positions that the command reads and writes are all that a guest needs to go on elsewhere" {
	disks
	guest_start vm "$B0" blk queues 2
	guest vm go

	vdpa dev suspend b0
	guest vm pause
	guest vm prepare "$B1"
	for queue in 0 1; do
		vdpa dev vq set b1 qidx $queue avail_index "$(position b0 $queue)"
	done
	guest vm continue

	guest vm wait 200
	finishes vm
}

@test "a suspend by the command that misses its deadline leaves the guest at work" {
	disks
	guest_start vm "$B0" blk queues 2
	guest vm go
	knob "$BLK/devices/b0" suspend_delay_ms 2000

	run -2 vdpa dev suspend b0 deadline 500
	assert_match "$output" deadline

	guest vm wait 2000
	finishes vm
}

# working - a guest that writes to the disk b0, and the disk b1 ready for it
working() {
	disks
	STATE=$BATS_TEST_TMPDIR/state
	guest_start vm "$B0" blk depth 16 queues 2
	guest vm go
	guest vm prepare "$B1"
}

# goes_back VM DEV - the move is given up: the source goes on, and nothing is lost.
goes_back() {
	vdpa dev resume "$2"
	guest "$1" resume
	guest "$1" wait 200
	finishes "$1"
}

# refused DEV - the state is not taken, for a reason that $2 matches, and the target is as it was.
refused() {
	run -2 vdpa dev state load "$1" file "$STATE"
	assert_match "$output" "$2"
	assert_equal "$(position "$1" 0) $(position "$1" 1)" '0 0'
}

@test "a state that the command saves and loads is all that a guest needs to go on elsewhere, there and back" {
	working
	vdpa -j dev migration show b0 >"$BATS_TEST_TMPDIR/b0.json"
	vdpa migration check source "$BATS_TEST_TMPDIR/b0.json" dev b1

	for to in b1 b0; do
		from=b$((1 - ${to#b}))
		[ "$to" = b1 ] || guest vm prepare "$B0"
		vdpa dev suspend $from
		guest vm pause
		vdpa dev state save $from file "$STATE"
		vdpa dev state load $to file "$STATE"
		guest vm continue
		guest vm wait 200
	done
	finishes vm
}

@test "a guest on the network moves with the command: only frames on the wire are lost" {
	load_sim ours net
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:01
	vdpa dev add name n1 mgmtdev "$NET" mac 02:00:00:00:00:01
	vdpa dev add name peer mgmtdev "$NET"
	guest_start vm "$(vhost_of n0)" net
	guest vm peer "$(vhost_of peer)"
	guest vm go
	guest vm prepare "$(vhost_of n1)"

	vdpa dev suspend n0
	guest vm watch 200
	guest vm pause
	vdpa dev state save n0 file "$BATS_TEST_TMPDIR/state"
	vdpa dev state load n1 file "$BATS_TEST_TMPDIR/state"
	guest vm continue
	guest vm wait 200
	finishes vm
}

@test "devices that move together are suspended, saved and loaded by one command each" {
	load_sim ours blk
	load_bus_drivers vhost_vdpa
	for i in 0 1 2; do
		knob "$BLK" store "pool$i"
		vdpa dev add name a$i mgmtdev "$BLK"
		vdpa dev add name b$i mgmtdev "$BLK"
		guest_start vm$i "$(vhost_of a$i)" blk
		guest vm$i go
		guest vm$i prepare "$(vhost_of b$i)"
	done

	vdpa dev suspend a0 a1 a2
	vdpa dev state save a0 a1 a2 file "$BATS_TEST_TMPDIR/state"
	vdpa dev state load b0 b1 b2 file "$BATS_TEST_TMPDIR/state"
	for i in 0 1 2; do
		guest vm$i pause
		guest vm$i continue
	done
	for i in 0 1 2; do
		finishes vm$i
	done
}

@test "a state that cannot be saved leaves the source suspended, and it goes on with nothing lost" {
	working
	vdpa dev suspend b0
	guest vm pause
	knob "$BLK/devices/b0" save_errno 5
	run -2 vdpa dev state save b0 file "$STATE"
	[ ! -e "$STATE" ]
	goes_back vm b0
}

@test "a state of another version, cut short, or for a device that fails to load it is refused, and the source goes on with nothing lost" {
	working
	knob "$BLK" version 2.5.0
	vdpa dev suspend b0
	guest vm pause
	vdpa dev state save b0 file "$STATE"

	knob "$BLK" version 2.4.0
	refused b1 'software_version'
	knob "$BLK" version 2.5.0

	knob "$BLK/devices/b1" load_errno 5
	refused b1 'refuses the private state: .*(EIO|Input/output error)'
	knob "$BLK/devices/b1" load_errno 0

	cp "$STATE" "$STATE.whole"
	jq -c '.vdpa_state.private = .vdpa_state.private[0:4]' "$STATE.whole" >"$STATE"
	refused b1 'private'
	goes_back vm b0
}
