#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest moves to another host, which is another machine: in turn one that is too old, and one that is not. Runs in the
# machine that it moves from; tests/vm/hosts.bats starts both.

load ../lib/common
load ../lib/sim
load ../lib/guest
load ../lib/hosts

setup_file() {
	ip addr add "$SOURCE_ADDRESS/24" dev link
}

setup() {
	common_setup
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
	wait_until 300 there_is_somebody
}

# A guest that writes to the disk b0, whose data "copy" shows, too
writer() {
	knob "$BLK" store pool
	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name copy mgmtdev "$BLK"
	guest_start vm "$(vhost_of b0)" blk queues 2
	guest vm go
}

# described DEV - its description is here as DEV.json and there as /tmp/source.json.
described() {
	vdpa -j dev migration show "$1" >"$BATS_TEST_TMPDIR/$1.json"
	there 'cat >/tmp/source.json' <"$BATS_TEST_TMPDIR/$1.json"
}

# sent DEV VM - both are at rest; what they know is there, as /tmp/state and /tmp/memory.
sent() {
	vdpa dev suspend "$1"
	guest "$2" pause
	guest "$2" save "$BATS_TEST_TMPDIR/memory"
	there 'cat >/tmp/memory' <"$BATS_TEST_TMPDIR/memory"
	vdpa dev state save "$1" | there 'cat >/tmp/state'
}

@test "a host that is too old says so before anything is moved, and whoever tries all the same finds the source running" {
	writer
	described b0

	run -3 there 'vdpa migration find source /tmp/source.json' </dev/null
	assert_match "$output" 'software_version'
	run -3 there "vdpa migration check source /tmp/source.json mgmtdev $BLK" </dev/null
	assert_match "$output" 'software_version.*1\.0\.0.*0\.9\.0'

	there "vdpa dev add name b1 mgmtdev $BLK" </dev/null
	sent b0 vm
	there 'guest_start vm "$(vhost_of b1)" blk restore /tmp/memory' </dev/null
	run -2 there 'vdpa dev state load b1 file /tmp/state' </dev/null
	assert_match "$output" 'software_version'
	there 'leave' </dev/null
	vdpa dev resume b0
	guest vm resume
	guest vm wait 200
	guest vm finish
	assert_match "$ANSWER" '^ok finish well '
	guest_ends vm
}

@test "a disk moves to another host: asked before, created as planned, and the guest goes on writing where it was" {
	writer
	described b0

	# Both hosts have the pool that the disk is from, as they would have one in a network.
	there "knob $BLK store pool" </dev/null
	there 'vdpa migration find source /tmp/source.json' </dev/null
	there "eval \"\$(vdpa migration plan source /tmp/source.json mgmtdev $BLK name b1)\"" </dev/null
	there 'vdpa migration check source /tmp/source.json dev b1' </dev/null

	sent b0 vm
	there "vdpa dev add name copy mgmtdev $BLK" </dev/null
	"$VMM" "$(vhost_of copy)" image read |
		there '"$VMM" "$(vhost_of copy)" image write'
	there 'guest_start vm "$(vhost_of b1)" blk restore /tmp/memory &&
		vdpa dev state load b1 file /tmp/state && guest vm continue' </dev/null
	guest_ends vm
	vdpa dev del b0

	run -0 there 'guest vm wait 500 && guest vm finish && echo "$ANSWER"' </dev/null
	assert_match "$output" 'ok finish well '
	there 'ask vm quit' </dev/null
}

@test "a network device moves to another host, with its address, and what it sends itself arrives" {
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:17 mtu 1400
	guest_start vm "$(vhost_of n0)" net
	guest vm go
	described n0

	there "eval \"\$(vdpa migration plan source /tmp/source.json mgmtdev $NET name n1)\"" </dev/null
	sent n0 vm
	there 'guest_start vm "$(vhost_of n1)" net restore /tmp/memory &&
		vdpa dev state load n1 file /tmp/state && guest vm continue' </dev/null
	guest_ends vm

	run -0 there 'guest vm wait 500 && guest vm finish && echo "$ANSWER"' </dev/null
	assert_match "$output" 'ok finish well .* lost=0 repeated=0 wrong=0'
	there 'ask vm quit' </dev/null
	there 'leave' </dev/null
}
