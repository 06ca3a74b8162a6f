#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Which pages a device writes: started by one command, read by another, stopped by a third.
# time limit: 1800

load lib/common
load lib/sim
load lib/guest

# How many rounds a copy has; in the debug kernel each takes ten times as long.
ROUNDS=${VDPA_DIRTY_ROUNDS:-$((${VDPA_DEBUG_KERNEL:-0} ? 100 : 1000))}

# What the test VMM gives a device of its memory
MEMORY=0x1000000-0x1ffffff

# disk [MODULE-PARAMETER…] - a disk, $B0
disk() {
	load_sim ours blk "$@"
	load_bus_drivers vhost_vdpa
	vdpa dev add name b0 mgmtdev "$BLK"
	B0=$(vhost_of b0)
}

# nic - a NIC, $N0
nic() {
	load_sim ours net
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET"
	N0=$(vhost_of n0)
}

# shown [ARGUMENT…] - what "dirty show b0" gives
shown() { vdpa -j dev dirty show b0 "$@" | jq -c .dirty.b0; }
pages() { shown "$@" | jq .pages; }

@test "what a device writes is shown once, as ranges of pages, from the start on; and over a suspend" {
	disk
	guest_start vm "$B0" blk
	guest vm go

	vdpa dev dirty start b0 range $MEMORY
	guest vm wait 10
	vdpa dev suspend b0
	run -0 vdpa dev dirty show b0 keep
	[ "${#lines[@]}" = 4 ]
	assert_equal "${lines[0]}" "b0: page_size 4096"
	assert_equal "${lines[1]}" "  ranges 0x1000000-0x1ffffff"
	assert_match "${lines[2]}" '^  dirty( 0x1[0-9a-f]{3}000-0x1[0-9a-f]{3}fff)+$'
	assert_match "${lines[3]}" '^  pages [1-9][0-9]*$'

	run -0 vdpa -jp dev dirty show b0 keep
	run -0 jq -e '.dirty.b0 | .page_size == 4096 and .ranges == [{asid: 0, first: 16777216, last: 33554431}] and
		.pages > 0 and .pages == ([.dirty[] | (.last - .first + 1) / 4096] | add) and
		([.dirty[] | .first % 4096 == 0 and .asid == 0] | all)' <<<"$output"

	[ "$(pages)" -gt 0 ]
	assert_equal "$(shown | jq -c '[.dirty, .pages]')" '[[],0]'

	vdpa dev resume b0
	guest vm wait 100
	[ "$(pages)" -gt 0 ]
	vdpa dev dirty stop b0
	guest vm finish
	assert_match "$ANSWER" '^ok finish well '
	guest_ends vm
}

# copies NODE DEV [OPTION…] - a copy of the memory made in rounds is the same whenever the device stands still.
copies() {
	run -0 "$VMM" "$1" dirty "${@:2}" rounds "$ROUNDS"
	echo "# ${lines[-1]}" >&3
	assert_match "${lines[-1]}" "^rounds $ROUNDS completed [0-9]+ pages [0-9]+ compared [0-9]+ wrong 0$"
}

@test "no page that a disk writes is missed, in a thousand rounds of writes, clears and suspends" {
	disk
	copies "$B0" b0
}

@test "no page that a disk writes to pinned memory is missed" {
	disk use_va=0
	copies "$B0" b0 seed 2
}

@test "no page that a NIC writes is missed" {
	nic
	copies "$N0" n0
}

@test "no page is missed that a NIC writes that spreads frames over several buffers" {
	nic
	copies "$N0" n0 merge 1
}

# moves CLASS ROUNDS FROM TO - a guest of a device FROM goes on on TO, in another process, from memory that was carried while it
# worked.
moves() {
	guest_start vm "$(vhost_of "$3")" "$1"
	guest vm go
	guest vm carry "$3" "$BATS_TEST_TMPDIR/memory" "$2"
	echo "# $ANSWER" >&3
	assert_equal "$(answer differing)" 0
	[ "$(answer device_pages)" -gt 0 ]
	vdpa dev state save "$3" file "$BATS_TEST_TMPDIR/state"
	ask vm quit
	wait_until 20 ended "$(guest_pid vm)"

	guest_start there "$(vhost_of "$4")" "$1" restore "$BATS_TEST_TMPDIR/memory"
	vdpa dev state load "$4" file "$BATS_TEST_TMPDIR/state"
	guest there continue
	guest there finish
	assert_match "$ANSWER" '^ok finish well '
	guest_ends there
}

@test "a guest goes on elsewhere from memory that was carried in rounds while it and its disk worked" {
	load_sim ours blk
	load_bus_drivers vhost_vdpa
	knob "$BLK" store pool
	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name b1 mgmtdev "$BLK"
	moves blk $((ROUNDS / 10)) b0 b1
}

@test "a guest goes on elsewhere from memory that was carried in rounds while it and its NIC worked" {
	load_sim ours net
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:01
	vdpa dev add name n1 mgmtdev "$NET" mac 02:00:00:00:00:01
	moves net $((ROUNDS / 10)) n0 n1
}

@test "a reset of the device does not end it, and what was written before is still there" {
	disk
	run -0 "$VMM" "$B0" blk count 10
	vdpa dev dirty start b0
	start "$VMM" "$B0" blk count 10 hold 1
	wait_until 20 said "$OUT" holding
	written=$(pages keep)
	[ "$written" -gt 0 ]
	finish_off -TERM "$PID"
	assert_equal "$(pages)" "$written"
	vdpa dev dirty stop b0
}

@test "a terabyte is read in pieces, and what is clean in it costs nothing" {
	disk
	vdpa dev dirty start b0 range 0-0xffffffffff
	guest_start vm "$B0" blk
	guest vm go
	vdpa dev suspend b0
	[ "$(pages)" -gt 0 ]
	assert_equal "$(pages)" 0
	# one answer
	assert_equal "$(strace -f -e trace=sendto "$VDPA_PROGRAM" dev dirty show b0 2>&1 >/dev/null | grep -c sendto)" 3
}

@test "a disk that has no memory left to note pages says so, and works on" {
	disk max_dirty_kb=0
	guest_start vm "$B0" blk
	guest vm go
	vdpa dev dirty start b0
	guest vm wait 100
	run -2 vdpa dev dirty show b0
	assert_match "$output" 'has lost track of what it wrote: stop, begin anew'
	echo 64 >/sys/module/vdpa_sim/parameters/max_dirty_kb
	run -2 vdpa dev dirty show b0
	vdpa dev dirty stop b0
	vdpa dev dirty start b0
	guest vm wait 100
	[ "$(pages)" -gt 0 ]
	guest vm finish
	assert_match "$ANSWER" '^ok finish well '
	guest_ends vm
}

@test "pages of any size from 4 KiB to 1 GiB are noted" {
	disk
	guest_start vm "$B0" blk
	guest vm go
	for size in 4096 65536 2097152 1073741824; do
		vdpa dev dirty start b0 page_size $size
		guest vm wait 20
		run -0 shown
		jq -e ".page_size == $size and .pages > 0 and ([.dirty[] | .first % $size == 0 and (.last + 1) % $size == 0] | all)" \
			<<<"$output"
		vdpa dev dirty stop b0
	done
}
