#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A device is suspended by its driver, by management or by both, and nobody gives back what another holds.
# time limit: 900
# processors: 2

load lib/state
load lib/monitor

# Longer than any test takes: what is delayed so ends when the delay is taken back.
STUCK_MS=600000

HALT=vdpa_test_parent/vdpatest_halt

setup() {
	common_setup
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
}

devices_of_a_monitor() {
	user_devices "$NET" n0
	user_devices "$BLK" b0
	monitored n0 b0
}

# Two holds

@test "what its driver has suspended, management does not resume" {
	devices_of_a_monitor
	held_by b0 null
	driver_suspends b0
	held_by b0 '["driver"]'

	kernel_refuses EALREADY attribute=DEV_NAME 'b0 is suspended by its driver, which has to resume it' \
		dev-resume DEV_NAME:str:b0
	vdpa dev suspend n0
	command_refuses 2 'b0 is suspended by its driver' dev resume n0 b0

	has_state b0 suspended
	driver_resumes b0
	has_state b0 active
	held_by b0 null
}

@test "what management has suspended, its driver does not resume" {
	devices_of_a_monitor
	vdpa dev suspend b0
	held_by b0 '["management"]'

	driver_resumes b0

	has_state b0 suspended
	held_by b0 '["management"]'
	vdpa dev resume b0
	has_state b0 active
}

@test "what management has suspended is not given another driver before management resumes it" {
	devices_of_a_monitor
	vdpa dev suspend b0

	kernel_refuses EBUSY attribute=DEV_NAME 'device b0 is suspended by management: resume it first' \
		dev-driver-set DEV_NAME:str:b0 DEV_DRIVER:str:none
	held_by b0 '["management"]'
}

@test "a device that both hold runs when both have given it back, whoever comes first" {
	devices_of_a_monitor
	vdpa dev suspend b0
	driver_suspends b0
	driver_suspends n0
	vdpa dev suspend n0
	for name in b0 n0; do
		held_by $name '["driver","management"]'
		kernel_refuses EALREADY attribute=DEV_NAME "$name is suspended already" dev-suspend DEV_NAME:str:$name
		driver_suspends $name
	done
	steps=$(transitions b0)

	vdpa dev resume b0
	held_by b0 '["driver"]'
	has_state b0 suspended
	[ "$(transitions b0)" = "$steps" ]
	driver_resumes b0
	has_state b0 active

	driver_resumes n0
	held_by n0 '["management"]'
	has_state n0 suspended
	vdpa dev resume n0
	has_state n0 active
}

@test "the monitor tells who holds a device, in text and JSON, also when that is all that changes" {
	devices_of_a_monitor
	watch
	start "$VDPA_TOOL" -s -j monitor dev
	json=$OUT
	wait_until 10 said "$json" '"dev":"b0"'

	vdpa dev suspend b0
	driver_suspends b0
	vdpa dev resume b0
	driver_resumes b0

	wait_until 10 saw b0 'resuming active driver'
	assert_equal "$(sed -n 's/.*dev_state dev b0 mgmtdev [a-z_]* //p' "$WATCHED")" "$(printf '%s\n' \
		'old active state suspending cause management' \
		'old suspending state suspended cause management suspended_by management' \
		'old suspended state suspended cause driver suspended_by driver,management' \
		'old suspended state suspended cause management suspended_by driver' \
		'old suspended state resuming cause driver suspended_by driver' \
		'old resuming state active cause driver')"
	wait_until 10 said "$json" '"old":"resuming"'
	assert_equal "$(jq -sc '[.[] | select(.event == "dev_state")][2] | [.old, .state, .suspended_by]' "$json")" \
		'["suspended","suspended",["driver","management"]]'
	vdpa dev suspend b0
	timeout 5 "$VDPA_TOOL" -s monitor dev >"$BATS_TEST_TMPDIR/present" || [ $? = 124 ]
	grep -q 'dev_present dev b0 mgmtdev vdpasim_blk state suspended suspended_by management' "$BATS_TEST_TMPDIR/present"
}

@test "a reset ends both holds" {
	devices_of_a_monitor
	vdpa dev suspend b0
	driver_suspends b0

	driver_resets b0

	has_state b0 inactive
	held_by b0 null
}

@test "a group that is undone leaves its members to the monitors that have suspended them meanwhile" {
	devices_of_a_monitor
	knob "$BLK/devices/b0" suspend_delay_ms "$STUCK_MS"
	watch
	start "$VDPA_TOOL" dev suspend n0 b0 deadline 4000
	CALLER=$PID ANSWER=$OUT
	wait_until 30 saw n0 'suspending suspended management'

	driver_suspends n0

	held_by n0 '["driver","management"]'
	refused "$CALLER"
	assert_match "$(<"$ANSWER")" 'b0 was not suspended by the deadline'
	wait_until 20 held_by n0 '["driver"]'
	has_state n0 suspended
	knob "$BLK/devices/b0" suspend_delay_ms 0
	wait_until 20 has_state b0 active
	driver_resumes n0
	has_state n0 active
}

@test "a group that is undone leaves its members to a command that has suspended them anew" {
	devices_of_a_monitor
	knob "$BLK/devices/b0" suspend_delay_ms "$STUCK_MS"
	watch
	start "$VDPA_TOOL" dev suspend n0 b0 deadline 5000
	caller=$PID
	wait_until 30 saw n0 'suspending suspended management'
	vdpa dev resume n0
	vdpa dev suspend n0

	refused "$caller"
	knob "$BLK/devices/b0" suspend_delay_ms 0

	wait_until 20 has_state b0 active
	held_by n0 '["management"]'
	vdpa dev resume n0
}

# One thing at a time

@test "a driver that suspends what is just being suspended waits for that, and has a hold of its own" {
	devices_of_a_monitor
	knob "$BLK" suspend_delay_ms "$STUCK_MS"
	suspending b0
	begins b0 USR1

	run has_done b0 suspend 1
	[ "$status" != 0 ]
	knob "$BLK" suspend_delay_ms 0
	wait "$CALLER"

	wait_until 20 held_by b0 '["driver","management"]'
	said "${DRIVER_OUT[b0]}" 'suspend 0'
}

@test "a driver that waits for another's suspend can be killed" {
	devices_of_a_monitor
	user_devices "$BLK" b1
	monitored b1
	knob "$BLK/devices/b0" suspend_delay_ms "$STUCK_MS"
	suspending b0
	begins b0 USR1

	kill -KILL "${DRIVER[b0]}"

	# Its end resets the device, and that comes after the suspend: it is waited for below. Nobody else waits.
	vdpa dev suspend b1
	has_state b0 suspending
	knob "$BLK/devices/b0" suspend_delay_ms 0
	wait_until 20 ended "${DRIVER[b0]}"
	wait_until 20 has_state b0 inactive
}

@test "suspend, resume and reset of one device never overlap in its parent, and none is suspended when it is inactive" {
	load_parent parents=halt
	vdpa dev add name h0 mgmtdev vdpatest_halt
	monitored h0
	knob "$HALT" stuck_suspend Y
	suspending h0
	begins h0 HUP
	start "$VDPA_TOOL" dev suspend h0
	second=$PID
	refused "$second"

	knob "$HALT" stuck_suspend N
	wait "$CALLER" || fail "$(<"$ANSWER")"

	wait_until 20 has_done h0 reset 1
	has_state h0 inactive
	assert_equal "$(<"/sys/kernel/debug/$HALT/halted")" 0
	assert_equal "$(<"/sys/kernel/debug/$HALT/overlaps")" 0
}

# pestered DEV N - its monitor is told to suspend and to resume once more, and has done so N times each
pestered() {
	begins "$1" USR1
	begins "$1" USR2
	has_done "$1" suspend "$2" && has_done "$1" resume "$2"
}

@test "commands and a driver that suspend, resume and reset all at once keep the parent's calls apart" {
	load_parent parents=halt
	vdpa dev add name h0 mgmtdev vdpatest_halt
	monitored h0
	for i in 1 2; do
		suspend_and_resume h0 >"$BATS_TEST_TMPDIR/rounds.$i" &
		callers[i]=$!
	done

	wait_until 60 pestered h0 50
	run grep -E '^(suspend|resume) [^0]' "${DRIVER_OUT[h0]}"
	assert_equal "$output" ''
	touch "$BATS_TEST_TMPDIR/enough"
	for i in 1 2; do wait "${callers[i]}"; done

	for i in 1 2; do
		[ "$(grep -c '^errno=0' "$BATS_TEST_TMPDIR/rounds.$i")" -gt 0 ]
	done
	assert_equal "$(<"/sys/kernel/debug/$HALT/overlaps")" 0
	finish_off "${DRIVER[h0]}"
	wait_until 20 has_state h0 inactive
	assert_equal "$(<"/sys/kernel/debug/$HALT/halted")" 0
}

# What a suspend leaves behind

ready_of() { "$VDPA_TOOL" -j dev vq show "$1" | jq -c "[.vq[\"$1\"].queues[].ready]"; }

@test "queues that were ready before a suspend are ready after the resume, if their driver still wants them" {
	load_parent parents=halt
	vdpa dev add name h0 mgmtdev vdpatest_halt
	monitored h0
	assert_equal "$(ready_of h0)" '[true,true]'

	vdpa dev suspend h0
	assert_equal "$(ready_of h0)" '[true,false]'
	vdpa dev resume h0
	assert_equal "$(ready_of h0)" '[true,true]'

	driver_suspends h0
	driver_resumes h0
	assert_equal "$(ready_of h0)" '[true,true]'
	driver_resets h0
	assert_equal "$(ready_of h0)" '[false,false]'
}

@test "a suspend that fails half-way is followed by a resume" {
	load_parent parents=halt
	vdpa dev add name h0 mgmtdev vdpatest_halt
	monitored h0
	knob "$HALT" suspend_errno 5

	run -2 --separate-stderr vdpa dev suspend h0
	assert_match "$stderr" "h0 could not be suspended: its parent says $EIO"

	has_state h0 active
	assert_equal "$(<"/sys/kernel/debug/$HALT/halted")" 0
	assert_equal "$(ready_of h0)" '[true,true]'
	begins h0 USR1
	wait_until 10 said "${DRIVER_OUT[h0]}" 'suspend 5'
	assert_equal "$(<"/sys/kernel/debug/$HALT/halted")" 0
	assert_equal "$(ready_of h0)" '[true,true]'
}

# The host's own

@test "a network device that this host uses is suspended by force only, if it has a control queue" {
	unload_all
	load_sim ours net blk
	load_bus_drivers virtio_vdpa
	vdpa dev add name n0 mgmtdev "$NET"
	vdpa dev add name n1 mgmtdev "$NET" device_features 0x300000020 mac 02:00:00:00:00:05
	vdpa dev add name b0 mgmtdev "$BLK"
	wait_until 20 has_state n0 active
	wait_until 20 has_state n1 active
	wait_until 20 has_state b0 active

	kernel_refuses EBUSY attribute=DEV_NAME 'n0 has a control queue this host uses: needs force' \
		dev-suspend DEV_NAME:str:n0
	command_refuses 2 'n0 has a control queue' dev suspend b0 n0 deadline 1000
	vdpa dev suspend b0 n1
	vdpa dev resume b0 n1
	vdpa dev suspend n0 deadline 60000 force
	has_state n0 suspended
	kernel_refuses EINVAL attribute=FORCE 'a resume needs no force' dev-resume DEV_NAME:str:n0 FORCE:hex:
	vdpa dev resume n0
}

# One that ends later does so by itself.
network_commands_wait() {
	start ip link set lo up
	sleep 1	# time in which nothing may happen
	alive "$PID"
}

@test "what a suspend by force can do to a host is what the manual says: network commands wait until it is resumed" {
	nic_of_the_host
	vdpa dev suspend n0 force
	start ip link set "$netdev" promisc on
	setter=$PID

	# The kernel may do it behind the command's back.
	wait_until 20 network_commands_wait
	vdpa dev resume n0

	wait_until 20 ended "$setter"
	ip link show >/dev/null
}

@test "a device that a driver of this host is about to leave is resumed for it, and not suspended meanwhile" {
	unload_all
	load_sim ours blk
	load_bus_drivers virtio_vdpa
	vdpa dev add name b0 mgmtdev "$BLK"
	wait_until 20 has_state b0 active
	vdpa dev suspend b0
	knob "$BLK" resume_delay_ms "$STUCK_MS"
	start bash -c 'echo b0 >/sys/bus/vdpa/drivers/virtio_vdpa/unbind'
	wait_until 20 has_state b0 active

	kernel_refuses EBUSY attribute=DEV_NAME 'b0 is just being unbound from its driver' dev-suspend DEV_NAME:str:b0

	knob "$BLK" resume_delay_ms 0
	wait_until 20 ended "$PID"
	has_state b0 inactive
	echo b0 >/sys/bus/vdpa/drivers/virtio_vdpa/bind
	wait_until 20 has_state b0 active
	vdpa dev suspend b0
	vdpa dev resume b0
}

# A group holds nobody longer than it must

@test "a member that is done can be deleted, and its parent creates others, while another member's parent is stuck" {
	devices_of_a_monitor
	calibrate
	knob "$BLK/devices/b0" suspend_delay_ms "$STUCK_MS"
	run -2 --separate-stderr vdpa dev suspend n0 b0 deadline 1000
	assert_match "$stderr" 'b0 was not suspended by the deadline'
	wait_until 20 has_state n0 active
	finish_off "${DRIVER[n0]}"

	in_time "$VDPA_TOOL" dev del n0
	in_time "$VDPA_TOOL" dev add name n1 mgmtdev "$NET"
	in_time "$VDPA_TOOL" dev del n1

	knob "$BLK/devices/b0" suspend_delay_ms 0
	wait_until 20 has_state b0 active
}

@test "a member can be deleted while the group is still waited for, and created anew, which the group's end leaves alone" {
	devices_of_a_monitor
	knob "$BLK/devices/b0" suspend_delay_ms "$STUCK_MS"
	watch
	start "$VDPA_TOOL" dev suspend n0 b0
	caller=$PID answer=$OUT
	wait_until 30 saw n0 'suspending suspended management'
	finish_off "${DRIVER[n0]}"
	vdpa dev del n0 deadline 20000
	user_devices "$NET" n0
	monitored n0
	vdpa dev suspend n0

	knob "$BLK/devices/b0" suspend_errno 5
	knob "$BLK/devices/b0" suspend_delay_ms 0
	refused "$caller"

	assert_match "$(<"$answer")" 'b0 could not be suspended'
	held_by n0 '["management"]'
	vdpa dev resume n0
}

@test "a deadline is kept while 512 others are stuck in their parents" {
	modprobe vhost_vdpa
	names=()
	for i in {1..512}; do names+=("d$i"); done
	printf "dev add name %s mgmtdev $BLK\n" "${names[@]}" extra >"$BATS_TEST_TMPDIR/add"
	vdpa -batch "$BATS_TEST_TMPDIR/add"
	paths=()
	for name in "${names[@]}" extra; do paths+=("$(vhost_of "$name")"); done
	ulimit -n 2048
	start "$VDPA_CLIENTS/vhost_hold" --status 15 "${paths[@]}"
	wait_until 120 said "$OUT" ready || fail "$(<"$OUT")"
	knob "$BLK" suspend_delay_ms "$STUCK_MS"
	start "$VDPA_TOOL" dev suspend "${names[@]}"
	wait_until 60 has_state d512 suspending

	run -2 --separate-stderr vdpa dev suspend extra deadline 500
	assert_match "$stderr" 'extra was not suspended by the deadline'

	knob "$BLK" suspend_delay_ms 0
	wait_until 60 ended "$PID"
	has_state d1 suspended
	wait_until 30 has_state extra active
}

# How long it takes

max_is_known() { [ "$(shown "$1" .suspend_max_us)" != null ]; }
max_is_unknown() { ! max_is_known "$@"; }

@test "one bad time does not count for ever: eight good ones push it out, and so does time" {
	devices_of_a_monitor
	knob "$BLK/devices/b0" suspend_delay_ms 1500
	vdpa dev suspend b0
	vdpa dev resume b0
	knob "$BLK/devices/b0" suspend_delay_ms 0
	command_refuses 2 'b0 has taken up to 1[0-9]{3} ms' dev suspend b0 deadline 1000
	for i in {1..8}; do
		vdpa dev suspend b0
		vdpa dev resume b0
	done
	vdpa dev suspend b0 deadline 1000
	vdpa dev resume b0

	knob "$BLK/devices/b0" suspend_delay_ms 1500
	vdpa dev suspend b0
	vdpa dev resume b0
	knob "$BLK/devices/b0" suspend_delay_ms 0
	command_refuses 2 'b0 has taken up to' dev suspend b0 deadline 1000
	echo 1 >/sys/module/vdpa/parameters/latency_memory_s
	wait_until 20 max_is_unknown b0
	(($(shown b0 .suspend_last_us) > 1400000))
	echo 600 >/sys/module/vdpa/parameters/latency_memory_s
	max_is_known b0
	echo 0 >/sys/module/vdpa/parameters/latency_memory_s
	vdpa dev suspend b0 deadline 1000
}
