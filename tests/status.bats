#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Virtio's own suspend: a bit of the device status, which a driver sets, or the core for management.
# time limit: 900
# processors: 2

load lib/state
load lib/monitor

F_SUSPEND=$((1 << 43))
PARENT=vdpa_test_parent/vdpatest_status

# A device that says nothing until it is asked again, and whose parent knows no other way to suspend it
setup() {
	common_setup
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
	load_parent parents=status
	vdpa dev add name s0 mgmtdev vdpatest_status
}

teardown() {
	local rc=0

	for file in stuck_answer fail_answer; do
		[ ! -e "$KNOBS/$PARENT/$file" ] || echo N >"$KNOBS/$PARENT/$file"
	done
	end_started || rc=1
	common_teardown || rc=1
	return "$rc"
}

counted() { cat "$KNOBS/$PARENT/$1"; }
stands_still() { [ "$(counted standing)" = 1 ]; }
runs() { [ "$(counted standing)" = 0 ]; }

# What virtio forbids a driver has been done by nobody.
nothing_stray() { assert_equal "$(counted strays)" 0; }

# simulated NAME - a disk that offers the feature, which its driver negotiates
simulated() {
	local features

	features=$(vdpa -j mgmtdev migration show "$BLK" | jq -r '.. | .attributes? // empty | .[] |
		select(.name == "device_features") | .value')
	vdpa dev add name "$1" mgmtdev "$BLK" device_features "$(printf '%#x' $((features | F_SUSPEND)))"
	monitored "$1"
}

# By its driver

@test "a driver suspends its device through the status, and has it run on" {
	simulated b0
	monitored s0
	for name in b0 s0; do
		driver_sets_suspend $name
		wait_until 10 has_state $name suspended
		held_by $name '["driver"]'
		driver_sees $name 27
		assert_equal "$(shown $name ".status | tojson")" '["acknowledge","driver","features_ok","suspend"]'

		driver_sets_driver_ok $name
		wait_until 10 has_state $name active
		held_by $name null
		driver_sees $name 15
	done
	nothing_stray
}

@test "the simulated parents take the feature, and offer it only when asked" {
	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name n0 mgmtdev "$NET"
	for name in b0 n0; do
		[[ $(vdpa -j dev show $name | jq -c ".dev.$name") != *SUSPEND* ]]
		run -0 vdpa -j dev migration show $name
		features=$(jq -r '.. | .attributes? // empty | .[] | select(.name == "device_features") | .value' <<<"$output")
		((!(features & F_SUSPEND)))
	done
	[[ $(vdpa mgmtdev show "$BLK") == *SUSPEND* ]]
	[[ $(vdpa mgmtdev show "$NET") == *SUSPEND* ]]
	monitored b0

	driver_sets_suspend b0

	driver_sees b0 15
	has_state b0 active
	held_by b0 null
}

@test "a device is suspending until it answers, whoever looks, and nobody waits meanwhile" {
	monitored s0
	knob "$PARENT" stuck_answer Y
	watch

	driver_sets_suspend s0

	has_state s0 suspending
	driver_sees s0 15
	kernel_refuses EBUSY attribute=DEV_NAME 's0 is just being suspended' dev-suspend DEV_NAME:str:s0
	driver_sets_suspend s0
	driver_sets_driver_ok s0
	has_state s0 suspending
	knob "$PARENT" stuck_answer N
	wait_until 10 has_state s0 suspended
	knob "$PARENT" stuck_answer Y
	driver_sets_driver_ok s0
	has_state s0 resuming
	driver_sees s0 27
	driver_sets_driver_ok s0
	knob "$PARENT" stuck_answer N
	wait_until 10 has_state s0 active
	wait_until 10 saw s0 'resuming active driver'
	assert_equal "$(changes_of s0)" "$(printf '%s\n' 'inactive active driver' 'active suspending driver' \
		'suspending suspended driver' 'suspended resuming driver' 'resuming active driver' | tail -n 4)"
	nothing_stray
}

@test "requests in flight are finished before the status says that the device stands still" {
	features=$(printf "%#x" $((0x300000000 | 1 << 12 | 1 << 9 | F_SUSPEND)))
	vdpa dev add name b0 mgmtdev "$BLK" device_features "$features"

	run -0 "$VMM" "$(vhost_of b0)" blk count 2000 suspend-after 500 by-status 1

	[[ $output == *'wrong 0'* ]]
	[[ $output == *'moved while suspended 0'* ]]

	# Also where another suspend would report them
	knob "$BLK" request_delay_ms 50
	knob "$BLK" report_inflight Y
	run -0 "$VMM" "$(vhost_of b0)" blk count 100 depth 16 suspend-after 20 by-status 1
	assert_match "$output" $'wrong 0\nin flight while suspended 0\nmoved while suspended 0'
	run -0 "$VMM" "$(vhost_of b0)" blk count 100 depth 16 suspend-after 20
	assert_match "$output" $'wrong 0\nin flight while suspended ([0-9]|1[0-6])\nmoved while suspended 0'
}

@test "SUSPEND without DRIVER_OK is not passed on, and that with the feature declined means nothing" {
	start "$VDPA_CLIENTS/vhost_hold" --status 27 "$(vhost_of s0)"
	wait_until 10 said "$OUT" ready
	DRIVER[s0]=$PID DRIVER_OUT[s0]=$OUT
	driver_sees s0 11
	has_state s0 inactive
	finish_off "$PID"

	start "$VDPA_CLIENTS/vhost_hold" --status 15 --features 0x300000000 "$(vhost_of s0)"
	wait_until 10 said "$OUT" ready
	DRIVER[s0]=$PID DRIVER_OUT[s0]=$OUT
	driver_sets_suspend s0
	driver_sees s0 15
	has_state s0 active
	runs
}

# By management

capable() { vdpa -j dev show s0 | jq -c '.dev.s0.capabilities'; }

@test "a parent without operations of its own has the capability for as long as the feature is negotiated" {
	assert_equal "$(capable)" '["vq_state"]'
	monitored s0
	assert_equal "$(capable)" '["suspend","resume","vq_state"]'
	driver_resets s0
	assert_equal "$(capable)" '["vq_state"]'
	finish_off "${DRIVER[s0]}"

	start "$VDPA_CLIENTS/vhost_hold" --status 15 --features 0x300000000 "$(vhost_of s0)"
	wait_until 10 said "$OUT" ready
	assert_equal "$(capable)" '["vq_state"]'
	kernel_refuses EOPNOTSUPP attribute=DEV_NAME 's0 cannot be suspended: its driver lacks SUSPEND' \
		dev-suspend DEV_NAME:str:s0
	kernel_refuses EOPNOTSUPP attribute=DEV_NAME 's0 cannot be resumed: its driver lacks SUSPEND' \
		dev-resume DEV_NAME:str:s0
}

@test "management suspends through the status, behind the driver's back, and resumes" {
	monitored s0

	vdpa dev suspend s0 deadline 10000
	stands_still
	has_state s0 suspended
	held_by s0 '["management"]'
	driver_sees s0 15
	assert_equal "$(shown s0 ".status | tojson")" '["acknowledge","driver","features_ok","suspend"]'
	vdpa dev state save s0 file "$BATS_TEST_TMPDIR/state"
	vdpa dev state load s0 file "$BATS_TEST_TMPDIR/state"
	driver_sets_driver_ok s0
	has_state s0 suspended
	stands_still

	vdpa dev resume s0
	runs
	has_state s0 active
	driver_sees s0 15
	[ "$(shown s0 .suspend_last_us)" -gt 0 ]
	nothing_stray
}

@test "a deadline passes while the device does not answer: it is resumed when it does" {
	monitored s0
	knob "$PARENT" stuck_answer Y

	command_refuses_changing 's0 was not suspended by the deadline' dev suspend s0 deadline 300

	has_state s0 suspending
	knob "$PARENT" stuck_answer N
	wait_until 20 has_state s0 active
	runs
	held_by s0 null
	nothing_stray
}

# What a refusal leaves is under way still.
command_refuses_changing() {
	run -2 --separate-stderr vdpa "${@:2}"
	assert_match "$stderr" "$1"
}

@test "all or nothing holds for devices that are suspended by different means" {
	simulated b0
	monitored s0
	knob "$PARENT" stuck_answer Y
	command_refuses_changing 's0 was not suspended by the deadline' dev suspend b0 s0 deadline 500
	wait_until 20 has_state b0 active
	knob "$PARENT" stuck_answer N
	wait_until 20 has_state s0 active

	vdpa dev suspend b0 s0 deadline 10000
	vdpa dev resume b0 s0
	has_state b0 active
	has_state s0 active
	runs
}

# By both

@test "each gives back its own hold alone, also through the status" {
	simulated b0
	monitored s0
	for name in b0 s0; do
		vdpa dev suspend $name
		driver_sets_suspend $name
		held_by $name '["driver","management"]'
		driver_sees $name 27
		vdpa dev resume $name
		held_by $name '["driver"]'
		driver_sees $name 27
		kernel_refuses EALREADY attribute=DEV_NAME "$name is suspended by its driver" dev-resume DEV_NAME:str:$name
		driver_sets_driver_ok $name
		wait_until 10 has_state $name active
		driver_sees $name 15

		driver_sets_suspend $name
		wait_until 10 has_state $name suspended
		vdpa dev suspend $name
		held_by $name '["driver","management"]'
		driver_sets_driver_ok $name
		held_by $name '["management"]'
		driver_sees $name 15
		has_state $name suspended
		vdpa dev resume $name
		has_state $name active
		driver_sees $name 15
	done
	runs
	nothing_stray
}

@test "the driver has one hold, whether it took it through the status, by the operation, or both" {
	simulated b0
	driver_suspends b0
	driver_sees b0 15
	driver_sets_suspend b0
	driver_sees b0 27
	held_by b0 '["driver"]'

	driver_sets_driver_ok b0

	wait_until 10 has_state b0 active
	driver_sees b0 15
	driver_sets_suspend b0
	driver_suspends b0
	held_by b0 '["driver"]'
	driver_sets_driver_ok b0
	wait_until 10 has_state b0 active
}

# What the specification leaves open

@test "a reset ends a suspend through the status, complete or not, and waits for no answer" {
	simulated b0
	monitored s0
	calibrate
	for name in b0 s0; do
		driver_sets_suspend $name
		wait_until 10 has_state $name suspended
		driver_resets $name
		has_state $name inactive
		held_by $name null
		driver_sees $name 0
	done
	runs
	finish_off "${DRIVER[s0]}"
	monitored s0

	knob "$PARENT" stuck_answer Y
	driver_sets_suspend s0
	has_state s0 suspending
	driver_resets s0
	has_state s0 inactive
	finish_off "${DRIVER[s0]}"
	monitored s0
	start "$VDPA_TOOL" dev suspend s0
	caller=$PID answer=$OUT
	wait_until 10 has_state s0 suspending
	driver_resets s0
	has_state s0 inactive
	refused "$caller"
	assert_match "$(<"$answer")" 's0 was reset, or left, or failed meanwhile'
}

@test "a device that answers with NEEDS_RESET has failed, and nobody holds it" {
	monitored s0
	knob "$PARENT" fail_answer Y
	watch
	driver_sets_suspend s0
	wait_until 10 has_state s0 failed
	driver_sees s0 79
	held_by s0 null
	wait_until 10 saw s0 'suspending failed de.*'
	kernel_refuses EINVAL attribute=DEV_NAME 's0 has failed' dev-suspend DEV_NAME:str:s0
	driver_resets s0
	finish_off "${DRIVER[s0]}"

	monitored s0
	command_refuses_changing "s0 could not be suspended: its parent says $EIO" dev suspend s0
	has_state s0 failed
	held_by s0 null
	finish_off "${DRIVER[s0]}"

	knob "$PARENT" fail_answer N
	monitored s0
	vdpa dev suspend s0
	knob "$PARENT" fail_answer Y
	command_refuses_changing "s0 could not be resumed: its parent says $EIO" dev resume s0
	has_state s0 failed
	driver_resets s0
	has_state s0 inactive
}

@test "a simulated device that cannot be suspended or resumed needs a reset" {
	simulated b0
	knob "$BLK/devices/b0" suspend_errno 5
	driver_sets_suspend b0
	wait_until 10 has_state b0 failed
	driver_sees b0 79
	finish_off "${DRIVER[b0]}"

	knob "$BLK/devices/b0" suspend_errno 0
	monitored b0
	driver_sets_suspend b0
	wait_until 10 has_state b0 suspended
	knob "$BLK/devices/b0" resume_errno 5
	driver_sets_driver_ok b0
	wait_until 10 has_state b0 failed
	held_by b0 null
}

@test "a driver that gives up a suspended device has given it up" {
	monitored s0
	driver_sets_suspend s0
	wait_until 10 has_state s0 suspended
	driver_sets_failed s0
	has_state s0 failed
	held_by s0 null
	finish_off "${DRIVER[s0]}"
	monitored s0
	knob "$PARENT" stuck_answer Y
	driver_sets_suspend s0
	driver_sets_failed s0
	has_state s0 failed
	finish_off "${DRIVER[s0]}"

	knob "$PARENT" stuck_answer N
	monitored s0
	vdpa dev suspend s0
	driver_sets_failed s0
	has_state s0 failed
	held_by s0 null
	nothing_stray
}

# Ends

@test "a driver that dies, a deletion and the parent's end do not wait for a device that does not answer" {
	calibrate
	monitored s0
	knob "$PARENT" stuck_answer Y
	driver_sets_suspend s0
	finish_off "${DRIVER[s0]}"
	has_state s0 inactive

	monitored s0
	start "$VDPA_TOOL" dev suspend s0
	wait_until 10 has_state s0 suspending
	finish_off "${DRIVER[s0]}"
	wait_until 20 ended "$PID"
	in_time "$VDPA_TOOL" dev del s0

	vdpa dev add name s1 mgmtdev vdpatest_status
	monitored s1
	driver_sets_suspend s1
	start rmmod vdpa_test_parent
	remover=$PID
	finish_off "${DRIVER[s1]}"
	wait_until 20 ended "$remover"
}

# pestered DEV N - its monitor is told to set the one bit and the other once more, and has done so N times each
pestered() {
	begins "$1" IO
	begins "$1" ALRM
	has_done "$1" set_suspend "$2" && has_done "$1" start "$2"
}

@test "commands and a driver that use the status all at once do nothing that virtio forbids" {
	monitored s0
	for i in 1 2; do
		suspend_and_resume s0 >"$BATS_TEST_TMPDIR/rounds.$i" &
		callers[i]=$!
	done

	wait_until 60 pestered s0 50
	touch "$BATS_TEST_TMPDIR/enough"
	for i in 1 2; do wait "${callers[i]}"; done

	for i in 1 2; do
		[ "$(grep -c '^errno=0' "$BATS_TEST_TMPDIR/rounds.$i")" -gt 0 ]
	done
	nothing_stray
	driver_sets_suspend s0
	wait_until 10 stands_still
	driver_resets s0
	has_state s0 inactive
	runs
}
