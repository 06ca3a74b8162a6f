#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a device is doing is seen, whoever makes it do so.

load lib/state

setup() {
	common_setup
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
}

@test "dev show says what a device is doing, what its status is, who drives it, and what its parent can do" {
	user_devices "$BLK" b0
	run -0 "$VDPA_TOOL" -j dev show b0
	jq -e '.dev.b0 | .state == "inactive" and .transitions == 0 and .status == [] and .driver == "vhost_vdpa" and
		.capabilities == ["suspend", "resume", "vq_state", "vstats", "precopy", "dirty_tracking", "inflight"]' <<<"$output"

	started_disks 1
	run -0 "$VDPA_TOOL" -j dev show d1
	jq -e '.dev.d1 | .state == "active" and .transitions == 1 and
		.status == ["acknowledge", "driver", "features_ok", "driver_ok"] and (has("suspend_last_us") | not)' <<<"$output"

	vdpa dev suspend d1
	run -0 "$VDPA_TOOL" dev show d1
	assert_match "$output" ' state suspended transitions 3 suspend_last_us [0-9]+ suspend_max_us [0-9]+'
	assert_match "$output" $'\n  capabilities suspend resume vq_state vstats precopy dirty_tracking'
	has_state b0 inactive
}

@test "what iproute2 knows of a device comes first, in its order, and what is new after that" {
	user_devices "$BLK" b0

	run -0 "$VDPA_TOOL" -j dev show b0
	assert_equal "$(jq -c '.dev.b0 | keys_unsorted' <<<"$output")" "$(jq -cn '["type", "mgmtdev", "vendor_id", "max_vqs",
		"max_vq_size", "min_vq_size", "driver", "chardev", "state", "transitions", "status", "capabilities", "created_with",
		"opened_by"]')"
	theirs=$("$IPROUTE_VDPA" -j dev show b0 | jq -c '.dev.b0 | keys_unsorted')
	assert_equal "$(jq -c ".dev.b0 | keys_unsorted[:$(jq length <<<"$theirs")]" <<<"$output")" "$theirs"
}

@test "a suspend, a resume and a reset by a user-space driver are seen as ones by the command are" {
	user_devices "$BLK" b0
	watch

	drive b0 blk count 2000 suspend-after 100 suspend-ms 5000
	wait_until 20 has_state b0 suspended
	command_refuses 2 'b0 is suspended by its driver, which has to resume it' dev resume b0
	wait_until 20 saw b0 'resuming active driver'
	wait "${DRIVER[b0]}" || fail "$(<"${DRIVER_OUT[b0]}")"

	has_state b0 inactive
	wait_until 10 saw b0 'active inactive driver'
	assert_equal "$(changes_of b0)" "$(printf '%s driver\n' 'inactive active' 'active suspending' 'suspending suspended' \
		'suspended resuming' 'resuming active' 'active inactive')"
	[ "$(transitions b0)" = 6 ]
	[ "$(shown b0 .suspend_last_us)" -gt 0 ]
}

@test "what the command has suspended, the driver's reset ends" {
	started_disks 1
	vdpa dev suspend d1

	finish_off -TERM "${DRIVER[d1]}"

	wait_until 10 has_state d1 inactive
	drive d1 blk endless 1
	has_state d1 active
	finish d1
}

@test "the time that suspend and resume take is kept, the last and the longest" {
	started_disks 1
	vdpa dev suspend d1
	vdpa dev resume d1
	knob "$BLK" suspend_delay_ms 300
	knob "$BLK" resume_delay_ms 200
	vdpa dev suspend d1
	vdpa dev resume d1

	run -0 "$VDPA_TOOL" -j dev show d1
	# A little less than asked for: the parent's timer and the clock that measures are not the same.
	jq -e '.dev.d1 | .suspend_last_us >= 270000 and .suspend_max_us >= .suspend_last_us and .resume_last_us >= 180000 and
		.resume_max_us >= .resume_last_us' <<<"$output" || fail "$output"
	before=$output
	knob "$BLK" suspend_delay_ms 0
	knob "$BLK" resume_delay_ms 0
	vdpa dev suspend d1
	vdpa dev resume d1

	# Nobody knows how long these take on a busy machine, but which of the two is the longest.
	run -0 "$VDPA_TOOL" -j dev show d1
	jq -e --argjson before "$before" '.dev.d1 as $now | $before.dev.d1 as $was | ["suspend", "resume"] |
		all($now[. + "_last_us"] != $was[. + "_last_us"] and
			$now[. + "_max_us"] == ([$now[. + "_last_us"], $was[. + "_max_us"]] | max))' <<<"$output" ||
		fail "$before" "$output"
}

@test "a suspend that fails counts as none, and the device works on" {
	user_devices "$BLK" b0
	drive b0 blk endless 1
	knob "$BLK" suspend_errno 28

	command_refused=$(vdpa dev suspend b0 2>&1) && fail 'it succeeds'
	assert_match "$command_refused" 'b0 could not be suspended: its parent says -(ENOSPC|28)'

	has_state b0 active
	[ "$(shown b0 .suspend_max_us)" = null ]
	finish b0
}

@test "a resume that fails leaves the device suspended" {
	started_disks 1
	vdpa dev suspend d1
	knob "$BLK" resume_errno 5

	run -2 --separate-stderr vdpa dev resume d1

	assert_match "$stderr" "d1 could not be resumed: its parent says $EIO"
	has_state d1 suspended
	knob "$BLK" resume_errno 0
	vdpa dev resume d1
}

@test "a device that fails is seen to have failed when it does, and a reset helps" {
	user_devices "$BLK" b0
	watch
	drive b0 blk endless 1
	vdpa dev suspend b0
	# Further ahead than the ring is long: no driver does that.
	vdpa dev vq set b0 qidx 0 avail_index $((($(told b0 | cut -d' ' -f4) + 300) % 65536))

	vdpa dev resume b0

	wait_until 10 has_state b0 failed
	[ "$(shown b0 '.status | index("needs_reset") != null')" = true ]
	wait_until 10 saw b0 '[a-z]* failed device'
	finish_off "${DRIVER[b0]}"
	wait_until 10 has_state b0 inactive
	drive b0 blk endless 1
	finish b0
}

@test "a driver that gives up is seen to have failed" {
	user_devices "$BLK" b0
	watch
	start "$VDPA_CLIENTS/vhost_hold" --status 143 "$(vhost_of b0)"

	wait_until 10 has_state b0 failed
	wait_until 10 saw b0 'active failed driver'
}

@test "a device that waits to be deleted says so, and no more once that is called off" {
	user_devices "$BLK" b0
	keep_open b0
	watch
	start "$VDPA_TOOL" dev del b0
	wait_until 10 has_state b0 removing

	finish_off "$PID"
	finish_off "$KEEPER"

	wait_until 10 has_state b0 inactive
	wait_until 10 saw b0 'removing inactive management'
	saw b0 'inactive removing management'
}

@test "transitions are traced" {
	echo 1 >/sys/kernel/tracing/events/vdpa/vdpa_state/enable
	started_disks 1

	vdpa dev suspend d1
	vdpa dev resume d1

	trace=$(grep -o 'vdpa_state: .*' /sys/kernel/tracing/trace)
	echo 0 >/sys/kernel/tracing/events/vdpa/vdpa_state/enable
	assert_equal "$trace" "$(cat <<-END
		vdpa_state: dev=d1 from=inactive to=active cause=driver
		vdpa_state: dev=d1 from=active to=suspending cause=management
		vdpa_state: dev=d1 from=suspending to=suspended cause=management
		vdpa_state: dev=d1 from=suspended to=resuming cause=management
		vdpa_state: dev=d1 from=resuming to=active cause=management
	END
	)"
}

@test "the state of a vduse disk is seen as well" {
	unload_all
	load_core ours
	load_bus_drivers virtio_vdpa
	truncate -s 16M "$BATS_TEST_TMPDIR/disk"
	start_vduse_disk v0 "$BATS_TEST_TMPDIR/disk"
	vdpa dev add name v0 mgmtdev vduse
	wait_until 20 blockdev_of v0 >/dev/null

	wait_until 10 has_state v0 active
	[ "$(shown v0 '.status | index("driver_ok") != null')" = true ]
	[ "$(shown v0 .driver)" = virtio_vdpa ]
	rmmod virtio_vdpa
	has_state v0 inactive
}
