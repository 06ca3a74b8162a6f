#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Chains in flight: what a disk has taken and not completed is reported by a suspend that does not wait for it, goes along
# in a move, and is taken up again: in order, each once.
# time limit: 1800

load lib/state
load lib/guest

DEPTH=16
M=$VDPA_CLIENTS/nl_migration

# disks [report] - two disks with the same data, $B0 and $B1; a suspend waits for what is in flight, or reports it
disks() {
	STATE=$BATS_TEST_TMPDIR/state
	load_sim ours blk
	load_bus_drivers vhost_vdpa
	knob "$BLK" store pool
	[ "${1:-}" != report ] || knob "$BLK" report_inflight Y
	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name b1 mgmtdev "$BLK"
	B0=$(vhost_of b0) B1=$(vhost_of b1)
}

# slow MS - requests that are taken from now on take so long, and those that are taken up.
slow() { knob "$BLK" request_delay_ms "$1"; }

# queue DEV QIDX FILTER - of one queue, in JSON
queue() { vdpa -j dev vq show "$1" qidx "$2" | jq -c ".vq[\"$1\"].queues[0] | $3"; }
flying() { queue "$1" "$2" .inflight; }
fly() { vdpa -j dev vq show "$1" | jq "[.vq[\"$1\"].queues[].inflight | length] | $2"; }
full() { [ "$(fly "$1" max)" = $DEPTH ]; }
full_queue() { fly "$1" "index($DEPTH)"; }

# stuck VM DEV [OPTION…] - a guest on the device, on two queues, of which one is full of what takes longer than the test: it
# asks both in turn, and so it waits.
stuck() {
	guest_start "$1" "$(vhost_of "$2")" blk depth $DEPTH queues 2 "${@:3}"
	guest "$1" go
	slow 600000
	wait_until 20 full "$2"
}

# saved_stuck - such a guest on b0, whose state is saved and which b1 is prepared for
saved_stuck() {
	disks report
	stuck vm b0
	guest vm prepare "$B1"
	vdpa dev suspend b0
	guest vm pause
	vdpa dev state save b0 file "$STATE"
}

# all_done_once VM IDLE - the guest ends, and each of its writes was completed, once, and done by one of the disks, once.
# IDLE is the one that nobody drives: a device without a driver has no statistics to show.
all_done_once() {
	local submitted

	slow 0
	guest "$1" wait 100
	guest "$1" finish
	FINISHED=$ANSWER
	guest_start idle "$(vhost_of "$2")" blk queues 4
	ANSWER=$FINISHED
	submitted=$(answer submitted)
	assert_match "$ANSWER" '^ok finish well '
	assert_equal "$(answer completed) $(answer repeated) $(answer failed) $(answer wrong)" "$submitted 0 0 0"
	assert_equal "$(($(vstat_sum b0 writes 0 1 2 3) + $(vstat_sum b1 writes 0 1 2 3)))" "$submitted"
	guest_ends idle
	guest_ends "$1"
	ANSWER=$FINISHED
}

@test "a suspend reports what is in flight, in the order taken, and a resume takes it up again" {
	disks report
	stuck vm b0
	[ "$(queue b0 0 .stable)" = false ]
	q=$(full_queue b0)

	vdpa dev suspend b0
	taken=$(flying b0 "$q")
	[ "$(queue b0 "$q" ".stable and (.inflight | unique | length) == $DEPTH")" = true ]
	assert_equal "$(flying b0 2)" '[]'
	run -0 vdpa dev vq show b0 qidx "$q"
	assert_match "$output" ' stable true inflight ([0-9]+,){15}[0-9]+ group 0 asid 0$'
	run -0 vdpa dev vq show b0
	assert_match "$output" "qidx $q .* stable true inflight ([0-9]+,){15}[0-9]+ group 0 asid 0"$'\n'
	assert_match "$output" $'\n  qidx 2 .* stable true inflight - group 0 asid 0\n'

	# As it was, however often
	vdpa dev resume b0
	wait_until 20 has_state b0 active
	vdpa dev suspend b0
	assert_equal "$(flying b0 "$q")" "$taken"
	vdpa dev resume b0
	all_done_once vm b1
	assert_equal "$(answer overtaken)" 0
}

@test "a suspend that is not told otherwise waits for what is in flight" {
	disks
	guest_start vm "$B0" blk depth $DEPTH
	guest vm go
	slow 1000
	wait_until 20 full b0

	vdpa dev suspend b0
	assert_equal "$(flying b0 0)" '[]'
	vdpa dev resume b0
	all_done_once vm b1
}

@test "a suspend that waits can be called off, and reports as soon as it is to" {
	disks
	stuck vm b0
	run -2 vdpa dev suspend b0 deadline 300
	assert_match "$output" deadline

	# The parent is at it still: only a resume of its own ends that.
	wait_until 20 has_state b0 suspending
	full b0
	knob "$BLK/devices/b0" report_inflight Y
	wait_until 20 has_state b0 active
	vdpa dev suspend b0
	full b0
	vdpa dev resume b0
	all_done_once vm b1
}

@test "requests that newer ones have overtaken are moved, and done once" {
	disks report
	knob "$BLK" request_delay_nth 3
	stuck vm b0
	guest vm takes state

	vdpa dev suspend b0
	guest vm pause
	guest vm prepare "$B1"
	guest vm load
	assert_equal "$(flying b1 0) $(flying b1 1)" "$(flying b0 0) $(flying b0 1)"
	slow 0
	guest vm continue
	all_done_once vm b0
	[ "$(answer overtaken)" -ge $DEPTH ]
}

@test "a move with the command takes along what is in flight, and checks that the target can take it up" {
	disks report
	stuck vm b0
	guest vm prepare "$B1"
	vdpa -j dev migration show b0 >"$BATS_TEST_TMPDIR/b0.json"
	vdpa migration check source "$BATS_TEST_TMPDIR/b0.json" dev b1
	vdpa migration check source "$BATS_TEST_TMPDIR/b0.json" mgmtdev "$BLK"

	vdpa dev suspend b0
	guest vm pause
	vdpa dev state save b0 file "$STATE"
	jq -e ".vdpa_state | .version == 2 and .needs == [\"inflight\"] and
		(.virtqueues | map(.inflight | length) | max == $DEPTH and .[2:] == [0, 0])" "$STATE"
	vdpa dev state load b1 file "$STATE"
	for queue in 0 1; do
		assert_equal "$(flying b1 $queue)" "$(flying b0 $queue)"
	done
	slow 0
	guest vm continue
	all_done_once vm b0
	assert_equal "$(answer overtaken)" 0
}

@test "to and fro in the middle of requests of a second: it stands still for less, and all are done once" {
	disks report
	for indirect in 0 1; do
		guest_start vm "$B0" blk depth $DEPTH queues 2 indirect $indirect
		guest vm takes state
		guest vm go
		slow 1000
		wait_until 20 full b0
		guest vm moves 6 "$B1"
		echo "# $ANSWER µs" >&3
		still=${ANSWER##*still }
		[[ $still =~ ^least=([0-9]+) ]]
		# That all of them are slow, no machine is so slow.
		((BASH_REMATCH[1] < 1000000))
		all_done_once vm b1
		assert_equal "$(answer overtaken)" 0
		vdpa dev del b0
		vdpa dev del b1
		[ "$indirect" = 1 ] || disks_again
	done
}
disks_again() {
	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name b1 mgmtdev "$BLK"
	B0=$(vhost_of b0) B1=$(vhost_of b1)
}

@test "a move that is cancelled, or whose target dies, leaves the source with what was in flight" {
	disks report
	stuck source b0
	guest source takes state
	guest source stop
	q=$(full_queue b0)
	taken=$(flying b0 "$q")
	guest source save "$BATS_TEST_TMPDIR/memory"
	vdpa dev state save b0 file "$STATE"

	guest_start target "$B1" blk restore "$BATS_TEST_TMPDIR/memory"
	vdpa dev state load b1 file "$STATE"
	assert_equal "$(flying b1 "$q")" "$taken"
	finish_off "$(guest_pid target)"
	wait_until 20 has_state b1 inactive
	assert_equal "$(flying b1 "$q")" '[]'

	guest source prepare "$B1"
	guest source load
	assert_equal "$(flying b0 "$q")" "$taken"
	slow 0
	guest source resume
	all_done_once source b1
	assert_equal "$(answer overtaken)" 0
}

@test "a reset forgets what is in flight, of who has taken it and of who was to take it up" {
	disks report
	stuck vm b0
	vdpa dev suspend b0
	vdpa dev state save b0 file "$STATE"
	start "$VDPA_CLIENTS/vhost_hold" --status 11 --features "$(jq -r .vdpa_state.features "$STATE")" "$B1"
	wait_until 10 said "$OUT" ready
	finish_off "$(guest_pid vm)"
	wait_until 20 has_state b0 inactive
	assert_equal "$(flying b0 0)" '[]'
	end_started
	assert_equal "$(flying b1 0)" '[]'
}

@test "a reset while a suspend waits for what is in flight ends both" {
	disks
	stuck vm b0
	start "$VDPA_TOOL" dev suspend b0
	wait_until 20 has_state b0 suspending
	kill -KILL "$(guest_pid vm)"
	knob "$BLK/devices/b0" report_inflight Y
	wait_until 20 ended "$(guest_pid vm)"
	wait_until 20 has_state b0 inactive
	assert_equal "$(flying b0 0)" '[]'
	# It was suspended in time, or told that it was reset.
	status=0
	wait "$PID" || status=$?
	[ "$status" = 0 ] || [ "$status" = 2 ]

	knob "$BLK/devices/b0" report_inflight N
	slow 0
	guest_start next "$B0" blk
	guest next go
	guest next wait 100
	guest next finish
	assert_match "$ANSWER" '^ok finish well '
}

@test "two clients that save at once get the same, and one that suspends what is suspended is told so" {
	disks report
	stuck vm b0
	vdpa dev suspend b0
	command_refuses 2 'b0 is suspended already' dev suspend b0
	start "$VDPA_TOOL" dev state save b0 file "$STATE"
	"$VDPA_TOOL" dev state save b0 file "$STATE.other"
	wait "$PID"
	cmp "$STATE" "$STATE.other"
	vdpa dev resume b0
	command_refuses 2 'b0 is not suspended' dev state save b0 file "$STATE"
	slow 0
	vdpa dev suspend b0
	vdpa dev resume b0
	all_done_once vm b1
}

@test "two clients that load at once: what is in flight is taken up once" {
	saved_stuck
	knob "$BLK/devices/b1" load_delay_ms 600000
	loaders=()
	for i in 1 2; do
		start "$VDPA_TOOL" dev state load b1 file "$STATE"
		loaders+=("$PID")
		wait_until 10 waits "$PID"
	done
	knob "$BLK/devices/b1" load_delay_ms 0
	for pid in "${loaders[@]}"; do
		wait "$pid"
	done
	for q in 0 1; do
		assert_equal "$(flying b1 $q)" "$(jq -c ".vdpa_state.virtqueues[$q].inflight // []" "$STATE")"
	done
	slow 0
	guest vm continue
	all_done_once vm b0
}

@test "dev vq set leaves what is in flight alone" {
	disks report
	stuck vm b0
	vdpa dev suspend b0
	taken=$(flying b0 0) at=$(queue b0 0 .avail_index)
	vdpa dev vq set b0 qidx 0 avail_index 5
	assert_equal "$(queue b0 0 '[.avail_index, .inflight]')" "[5,$taken]"
	vdpa dev vq set b0 qidx 0 avail_index "$at"
	slow 0
	vdpa dev resume b0
	all_done_once vm b1
}

# unloaded FILTER PATTERN - the state, changed by the jq filter, is refused, and the target is as it was.
unloaded() {
	jq -c "$1" "$STATE" >"$STATE.bad"
	run -2 vdpa dev state load b1 file "$STATE.bad"
	assert_match "$output" "$2"
	assert_equal "$(vdpa dev vq show b1)" "$BEFORE"
}

# unsent BYTES ERRNO PATTERN - so many bytes of what is in flight are refused, and the target is as it was.
unsent() {
	run "$M" load b1 "$STATE.raw" --inflight "$1"
	assert_match "$output" "errno=$2"
	assert_match "$output" "$3"
	assert_equal "$(vdpa dev vq show b1)" "$BEFORE"
}

@test "what cannot be in flight is refused, and nothing changes" {
	saved_stuck
	BEFORE=$(vdpa dev vq show b1)

	# One of the two queues is full.
	q=$(full_queue b0)
	unloaded ".vdpa_state.virtqueues[$q].inflight[3] = 64" "b1: queue $q: descriptor 64 in flight, of 64"
	unloaded ".vdpa_state.virtqueues[$q].inflight[3] = 65535" "b1: queue $q: descriptor 65535 in flight, of 64"
	unloaded ".vdpa_state.virtqueues[$q].inflight |= . + [.[0]]" "b1: queue $q has descriptor [0-9]+ in flight twice"
	unloaded ".vdpa_state.virtqueues[$q].inflight = [range(65)]" "b1: queue $q has 65 chains in flight, of 64"
	unloaded '.vdpa_state.virtqueues[3] |= (del(.avail_index) | .inflight = [1])' 'virtqueue 3 has chains in flight, but no position'
	# A queue that the target has not set up has room for nothing.
	unloaded '.vdpa_state.virtqueues[3].inflight = [1]' 'b1: its parent refuses queue 3: -(EINVAL|22)'

	# What the command does not even send
	"$M" save b0 "$STATE.raw"
	unsent 3 EINVAL '3 bytes, but a chain in flight has 2'
	unsent 2050 E2BIG 'a queue has 1025 chains in flight, but at most 1024 are possible'
	unsent 2048 EINVAL 'b1: queue 0 has 1024 chains in flight, of 64'
	unsent 4 EINVAL 'b1: queue 0 has descriptor 0 in flight twice'

	slow 0
	vdpa dev state load b1 file "$STATE"
	guest vm continue
	all_done_once vm b0
}

@test "a parent with half of the operations is not registered, and it is said why" {
	load_core ours
	for half in get set; do
		run ! load_parent parents=flight inflight=$half
		dmesg | grep -q "vdpatest_flight is not registered: it has vq_inflight_$half alone"
	done
	load_parent parents=flight
	vdpa dev add name f0 mgmtdev vdpatest_flight
	vdpa -j dev show f0 | jq -e '.dev.f0.capabilities | index("inflight")'
}

# idle_pair FEATURES [PARAMETER…] - two devices of the test parent, f0 suspended and saved to $STATE, f1 ready to be loaded
idle_pair() {
	local name status=15

	STATE=$BATS_TEST_TMPDIR/state
	load_core ours
	load_parent parents=flight "${@:2}"
	load_bus_drivers vhost_vdpa
	for name in f0 f1; do
		vdpa dev add name $name mgmtdev vdpatest_flight
		start "$VDPA_CLIENTS/vhost_hold" --status $status --features "$1" --queues 1 "$(vhost_of $name)"
		wait_until 10 said "$OUT" ready
		status=11
	done
}

@test "a parent that fails, or says what cannot be, is told from one that has nothing in flight" {
	idle_pair 0x300000000
	flight=$KNOBS/vdpa_test_parent/vdpatest_flight
	vdpa dev suspend f0
	vdpa dev state save f0 file "$STATE"
	jq -e '.vdpa_state | .version == 1 and (.virtqueues | map(.inflight) == [[], []])' "$STATE"
	jq -c '.vdpa_state.virtqueues[0] |= (.avail_index = 9 | .inflight = [3, 1, 2])' "$STATE" >"$STATE.some"

	echo 5 >"$flight/inflight_get_errno"
	command_refuses 2 'f0: its parent does not tell the chains in flight in queue 0' dev state save f0
	[ "$(vdpa -j dev vq show f0 qidx 0 | jq '.vq.f0.queues[0] | has("inflight")')" = false ]
	command_refuses 2 'f1: its parent refuses queue 0: -(EIO|5)' dev state load f1 file "$STATE.some"
	echo 0 >"$flight/inflight_get_errno"
	echo Y >"$flight/inflight_lie"
	command_refuses 2 'f0: its parent does not tell the chains in flight in queue 0' dev state save f0
	echo N >"$flight/inflight_lie"

	echo 28 >"$flight/inflight_set_errno"
	before=$(vdpa dev vq show f1)
	command_refuses 2 'f1: its parent refuses queue 0: -(ENOSPC|28)' dev state load f1 file "$STATE.some"
	assert_equal "$(vdpa dev vq show f1)" "$before"
	echo 0 >"$flight/inflight_set_errno"

	vdpa dev state load f1 file "$STATE.some"
	assert_equal "$(queue f1 0 '[.avail_index, .inflight]')" '[9,[3,1,2]]'
	# The second queue has too many for this parent: the first is what it was, with what was in flight.
	jq -c '.vdpa_state.virtqueues[1] |= (.inflight = [range(9)])' "$STATE" >"$STATE.many"
	command_refuses 2 'f1: its parent refuses queue 1: -(ENOSPC|28)' dev state load f1 file "$STATE.many"
	assert_equal "$(queue f1 0 '[.avail_index, .inflight]')" '[9,[3,1,2]]'
	# All or none of several: the other one refuses what is too much for it.
	command_refuses 2 'f0: its parent refuses queue 1: -(ENOSPC|28)' dev state load f1="$STATE" f0="$STATE.many"
	assert_equal "$(queue f1 0 '[.avail_index, .inflight]')" '[9,[3,1,2]]'
	# Nothing in flight is something to be loaded, too.
	vdpa dev state load f1 file "$STATE"
	assert_equal "$(queue f1 0 '[.avail_index, .inflight]')" '[0,[]]'
}

@test "of a packed ring, what is in flight lies between its two positions, in their order" {
	idle_pair 0x700000000 packed=1
	vdpa dev suspend f0
	vdpa dev vq set f0 qidx 0 avail_index 5 avail_counter 1 used_index 253 used_counter 0
	vdpa dev state save f0 file "$STATE"

	for chains in '[5]' '[252]' '[0, 253]' '[253, 253]' '[256]'; do
		jq -c ".vdpa_state.virtqueues[0].inflight = $chains" "$STATE" >"$STATE.bad"
		command_refuses 2 'f1: (queue 0: no chain at [0-9]+, or in wrong order|queue 0: descriptor 256 in flight, of 256)' \
			dev state load f1 file "$STATE.bad"
	done
	jq -c '.vdpa_state.virtqueues[0] |= (.used_index = 4 | .used_counter = 0 | .inflight = [4])' "$STATE" >"$STATE.bad"
	command_refuses 2 'f1: queue 0: no chain at 4, or in wrong order' dev state load f1 file "$STATE.bad"
	assert_equal "$(queue f1 0 .inflight)" '[]'

	jq -c '.vdpa_state.virtqueues[0].inflight = [253, 0, 4]' "$STATE" >"$STATE.some"
	vdpa dev state load f1 file "$STATE.some"
	assert_equal "$(queue f1 0 '[.avail_index, .used_index, .inflight]')" '[5,253,[253,0,4]]'
}

@test "a target that takes nothing in flight is a mismatch where something may be, and refuses what there is" {
	disks
	guest_start vm "$B0" blk
	vdpa -j dev migration show b0 >"$BATS_TEST_TMPDIR/waits"
	knob "$BLK" report_inflight Y
	vdpa -j dev migration show b0 >"$BATS_TEST_TMPDIR/reports"
	[ "$(jq -c '[.. | objects | select(.name == "inflight") | [.rule, .value]]' "$BATS_TEST_TMPDIR/waits" "$BATS_TEST_TMPDIR/reports" |
		tr -d '\n')" = '[["info",1]][["at-least",1]]' ]
	for file in waits reports; do
		jq 'del(.dev.b0.attributes[] | select(.name == "inflight"))' "$BATS_TEST_TMPDIR/$file" >"$BATS_TEST_TMPDIR/$file.lacks"
	done
	vdpa migration check source "$BATS_TEST_TMPDIR/waits" target "$BATS_TEST_TMPDIR/waits.lacks"
	run -3 vdpa migration check source "$BATS_TEST_TMPDIR/reports" target "$BATS_TEST_TMPDIR/reports.lacks"
	assert_match "$output" 'attribute inflight'

	# What a core says that is asked to put it into a device of such a parent
	load_parent parents=halt
	vdpa dev add name h0 mgmtdev vdpatest_halt
	start "$VDPA_CLIENTS/vhost_hold" --status 15 --queues 1 "$(vhost_of h0)"
	wait_until 10 said "$OUT" ready
	vdpa dev suspend h0
	vdpa dev state save h0 file "$STATE"
	[ "$(jq '.vdpa_state.virtqueues[0] | has("inflight")' "$STATE")" = false ]
	jq -c '.vdpa_state.virtqueues[0].inflight = [3]' "$STATE" >"$STATE.some"
	command_refuses 2 'h0: its parent takes no chains in flight \(queue 0\)' dev state load h0 file "$STATE.some"
	# An empty list needs nobody who takes it.
	jq -c '.vdpa_state.virtqueues[0].inflight = []' "$STATE" >"$STATE.none"
	vdpa dev state load h0 file "$STATE.none"
}

@test "on the distribution's core a suspend waits for slow requests as well" {
	load_sim distro blk
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"
	guest_start vm "$(vhost_of b0)" blk depth $DEPTH
	guest vm go
	slow 1000
	guest vm wait 1
	guest vm stop
	slow 0
	guest vm resume
	guest vm finish
	assert_match "$ANSWER" '^ok finish well '
	guest_ends vm
}
