#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Devices are suspended and resumed, alone or as a group, in time or not at all.
# time limit: 1200
# processors: 2

load lib/state

# Longer than any test takes: what is delayed so ends when the delay is taken back.
STUCK_MS=600000

# How often a device is suspended and resumed under load. Ten thousand take some minutes:
#	SUSPEND_ROUNDS=10000 make check TESTS=tests/suspend.bats
ROUNDS=${SUSPEND_ROUNDS:-200}

setup() {
	common_setup
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
}

# Under load

@test "a disk suspended in the middle of requests is where its driver's rings say, stays there, and finishes all once resumed" {
	user_devices "$BLK" b0
	drive b0 blk endless 1 queues 2 depth 20

	vdpa dev suspend b0

	at_rest b0
	has_state b0 suspended
	vdpa dev resume b0
	has_state b0 active
	finish b0
}

@test "a network device suspended in the middle of frames is where its driver's rings say, and loses none" {
	user_devices "$NET" n0
	drive n0 net count 1000000000

	vdpa dev suspend n0

	at_rest n0
	vdpa dev resume n0
	finish n0
}

@test "suspended and resumed again and again under load, a disk and a network device lose and double nothing" {
	user_devices "$BLK" b0
	user_devices "$NET" n0
	drive b0 blk endless 1 queues 4 depth 20
	drive n0 net count 1000000000

	nl_raw --repeat "$ROUNDS" dev-suspend DEV_GROUP:names:b0,n0 --next dev-resume DEV_GROUP:names:b0,n0 \
		>"$BATS_TEST_TMPDIR/rounds"

	[ "$(grep -c '^errno=0' "$BATS_TEST_TMPDIR/rounds")" = $((2 * ROUNDS)) ]
	[ "$(transitions b0)" = $((1 + 4 * ROUNDS)) ]
	finish b0
	finish n0
}

# Requests that the disk has finished so far
finished() { awk '{ print $1 + $5 }' "/sys/block/$DISK/stat"; }
more_finished() { [ "$(finished)" -gt "$1" ]; }

@test "a disk of the host's own stops while it is suspended, and what was written to it is right" {
	unload_all
	load_sim ours blk
	load_bus_drivers virtio_vdpa
	vdpa dev add name b0 mgmtdev "$BLK"
	wait_until 20 blockdev_of b0 >/dev/null
	DISK=$(blockdev_of b0)
	start fio --name=verified --filename="/dev/$DISK" --direct=1 --ioengine=libaio --rw=randwrite --bs=4k --iodepth=16 \
		--size="$((MIB / 8))m" --loops=1000 --time_based --runtime=12 --verify=crc32c --do_verify=1 --verify_fatal=1
	fio=$PID log=$OUT
	wait_until 60 more_finished 100

	vdpa dev suspend b0

	[ "$(vdpa -j dev vq show b0 | jq '[.vq.b0.queues[].stable] | all')" = true ]
	before=$(finished) where=$(told b0)
	sleep 1
	assert_equal "$(finished)" "$before"
	assert_equal "$(told b0)" "$where"
	vdpa dev resume b0
	wait_until 20 more_finished "$before"
	wait "$fio" || fail "$(<"$log")"
}

# Groups

# kernel_ms PATTERN PATTERN - the time between two events of the monitor, the first that match
kernel_ms() {
	local from to

	from=$(grep -m1 "$1" "$WATCHED") to=$(grep "$2" "$WATCHED" | tail -n 1)
	echo $((($(date -d "${to%% *}" +%s%N) - $(date -d "${from%% *}" +%s%N)) / 1000000))
}

@test "a group of eight, whose parents take a second each, is suspended at once, not one after the other" {
	started_disks 8
	knob "$BLK" suspend_delay_ms 1000
	watch -t

	vdpa dev suspend d1 d2 d3 d4 d5 d6 d7 d8

	for i in {1..8}; do wait_until 10 saw "d$i" 'suspending suspended management'; done
	took=$(kernel_ms 'state suspending' 'state suspended')
	((took >= 1000)) || fail "took $took ms, although each takes a second"
	((took < 8000)) || fail "took $took ms, as much as one after the other"
	vdpa dev resume d1 d2 d3 d4 d5 d6 d7 d8
	for i in {1..8}; do has_state "d$i" active; done
}

@test "if the seventh of eight fails, all run again and the reply names it and why" {
	started_disks 8
	knob "$BLK/devices/d7" suspend_errno 5

	run -2 --separate-stderr vdpa dev suspend d1 d2 d3 d4 d5 d6 d7 d8

	assert_match "$stderr" "d7 could not be suspended.*$EIO.*VDPA_ATTR_DEV_NAME"
	for i in {1..8}; do has_state "d$i" active; done
	[ "$(shown d7 .suspend_last_us)" = null ]
}

@test "a device that cannot be resumed after another one failed is named" {
	started_disks 2
	knob "$BLK/devices/d2" suspend_delay_ms 200
	knob "$BLK/devices/d2" suspend_errno 5
	knob "$BLK/devices/d1" resume_errno 5

	run -2 --separate-stderr vdpa dev suspend d1 d2

	assert_match "$stderr" "d1 stays suspended.*$EIO"
	has_state d1 suspended
	has_state d2 active
}

@test "one inactive device refuses a whole group, untouched" {
	started_disks 2
	user_devices "$BLK" b0

	command_refuses 2 'b0 is inactive.*VDPA_ATTR_DEV_NAME' dev suspend d1 d2 b0
	command_refuses 2 'd1 is not suspended' dev resume d1 d2 b0
}

# Deadlines

@test "a parent that takes 500 ms misses a deadline of 50: the device runs again, one event for each step" {
	started_disks 1
	knob "$BLK" suspend_delay_ms 500
	watch

	run -2 --separate-stderr vdpa dev suspend d1 deadline 50

	assert_match "$stderr" 'd1 was not suspended by the deadline'
	wait_until 20 saw d1 'resuming active management'
	assert_equal "$(changes_of d1)" "$(printf '%s management\n' 'active suspending' 'suspending suspended' \
		'suspended resuming' 'resuming active')"
	has_state d1 active
}

@test "what was too slow once is refused at once the next time, untouched" {
	started_disks 2
	knob "$BLK/devices/d1" suspend_delay_ms 500
	vdpa dev suspend d1
	vdpa dev resume d1

	command_refuses 2 'd1 has taken up to [0-9]+ ms.*VDPA_ATTR_DEV_NAME' dev suspend d2 d1 deadline 50
	vdpa dev suspend d2 d1 deadline 3600000
	has_state d1 suspended
}

@test "a group that misses its deadline runs again, those that were in time and the one that was not" {
	started_disks 3
	knob "$BLK/devices/d3" suspend_delay_ms "$STUCK_MS"
	watch

	run -2 --separate-stderr vdpa dev suspend d1 d2 d3 deadline 3000

	knob "$BLK/devices/d3" suspend_delay_ms 0
	assert_match "$stderr" 'd3 was not suspended by the deadline'
	wait_until 20 saw d3 'resuming active management'
	for i in 1 2 3; do
		wait_until 20 has_state "d$i" active
		saw "d$i" 'suspending suspended management'
	done
}

@test "a deadline that is kept is no more than that" {
	started_disks 1
	knob "$BLK" suspend_delay_ms 50

	vdpa dev suspend d1 deadline 60000

	has_state d1 suspended
	vdpa dev resume d1
	sleep 0.3
	has_state d1 active
}

# Whoever waits

saw_not() { ! saw "$@"; }

# others_answer - each command on another device, and on all
others_answer() {
	local request

	for request in 'dev show' 'dev show n0' 'mgmtdev show' 'dev config show' 'dev config show n0' 'dev vq show n0' \
		'dev vq show' 'dev vstats show n0' 'dev vstats show' 'dev suspend n0' 'dev resume n0' \
		"dev add name n1 mgmtdev $NET" 'dev del n1' "dev add name b1 mgmtdev $BLK" 'dev del b1' 'dev show d1' \
		'dev vq show d1'; do
		# shellcheck disable=SC2086
		in_time "$VDPA_TOOL" $request
	done
	other_families_answer
}

@test "a parent stuck in suspend keeps nobody else waiting" {
	started_disks 1
	user_devices "$NET" n0
	drive n0 net count 1000000000
	calibrate
	knob "$BLK/devices/d1" suspend_delay_ms "$STUCK_MS"
	suspending d1

	others_answer

	saw_not d1 'suspending suspended management'
	knob "$BLK/devices/d1" suspend_delay_ms 0
	wait_until 30 saw d1 'suspending suspended management'
	wait "$CALLER"
	vdpa dev resume d1
}

@test "deleting a device whose parent is stuck in suspend keeps the parent's other devices from nothing" {
	started_disks 1
	finish_off -TERM "${DRIVER[d1]}"
	wait_until 10 has_state d1 inactive
	start "$VMM" "$(vhost_of d1)" blk count 1 hold 1
	driver=$PID
	wait_until 20 has_state d1 active
	knob "$BLK/devices/d1" suspend_delay_ms "$STUCK_MS"
	calibrate
	suspending d1
	kill "$driver"
	start "$VDPA_TOOL" dev del d1
	deleter=$PID
	wait_until 10 has_state d1 removing

	in_time "$VDPA_TOOL" dev add name b1 mgmtdev "$BLK"
	in_time "$VDPA_TOOL" dev del b1
	in_time "$VDPA_TOOL" dev show

	alive "$deleter"
	knob "$BLK/devices/d1" suspend_delay_ms 0
	wait "$deleter"
	gone d1
}

@test "unloading a parent that is stuck in suspend keeps nobody else waiting, and ends when the parent does" {
	user_devices "$NET" n0
	started_disks 1
	knob "$BLK/devices/d1" suspend_delay_ms 15000
	calibrate
	suspending d1
	kill "${DRIVER[d1]}"
	start rmmod vdpa_sim_blk
	unloader=$PID
	wait_until 10 unknown mgmtdev show "$BLK"

	in_time "$VDPA_TOOL" dev show n0
	in_time "$VDPA_TOOL" dev add name n1 mgmtdev "$NET"
	in_time "$VDPA_TOOL" dev del n1
	in_time "$VDPA_TOOL" mgmtdev show

	wait_until 60 ended "$unloader"
	wait "$unloader"
	[ ! -e /sys/module/vdpa_sim_blk ]
	gone d1
	wait "$CALLER" || fail "$(<"$ANSWER")"
}

@test "a suspend whose caller is killed goes on, and is there to be resumed" {
	started_disks 1
	knob "$BLK" suspend_delay_ms "$STUCK_MS"
	suspending d1

	finish_off "$CALLER"
	knob "$BLK" suspend_delay_ms 0

	wait_until 30 saw d1 'suspending suspended management'
	vdpa dev resume d1
	has_state d1 active
}

@test "a driver that dies while its device is being suspended leaves one that the next driver can use" {
	started_disks 1
	knob "$BLK" suspend_delay_ms "$STUCK_MS"
	suspending d1

	# Its reset comes after the suspend: its memory is not taken away before the device is known to rest.
	kill -KILL "${DRIVER[d1]}"
	saw_not d1 'suspending inactive driver'
	knob "$BLK" suspend_delay_ms 0
	wait "$CALLER" || fail "$(<"$ANSWER")"
	wait_until 10 saw d1 'suspended inactive driver'

	drive d1 blk endless 1
	finish d1
}

@test "two who suspend the same device at once: one does, the other is told" {
	started_disks 1
	knob "$BLK" suspend_delay_ms "$STUCK_MS"
	suspending d1

	kernel_refuses EBUSY attribute=DEV_NAME 'd1 is just being suspended' dev-suspend DEV_NAME:str:d1
	kernel_refuses EBUSY attribute=DEV_NAME 'd1 is just being suspended' dev-resume DEV_NAME:str:d1

	knob "$BLK" suspend_delay_ms 0
	wait "$CALLER"
	has_state d1 suspended
}

@test "what suspends and resumes in parallel ends with devices that work" {
	started_disks 3
	for who in 1 2 3; do
		start bash -c 'for i in {1..40}; do "$@" >/dev/null; done; echo over' - "$VDPA_CLIENTS/nl_raw" \
			dev-suspend "DEV_GROUP:names:d$who,d$((who % 3 + 1))" --next dev-resume "DEV_GROUP:names:d$who,d$((who % 3 + 1))"
		outs+=("$OUT")
	done
	for out in "${outs[@]}"; do wait_until 200 said "$out" over; done

	for i in 1 2 3; do
		vdpa dev resume "d$i" || has_state "d$i" active
		vdpa dev suspend "d$i"
		vdpa dev resume "d$i"
		has_state "d$i" active
	done
}

# The kernel's own driver

@test "a suspended network interface can be deleted: its driver would wait for it" {
	nic_of_the_host
	ip addr add 2001:db8::1/64 dev "$netdev"
	vdpa dev suspend n0 force

	start "$VDPA_TOOL" dev del n0
	wait_until 20 ended "$PID"

	gone n0
	[ ! -e "/sys/class/net/$netdev" ]
}

# Refusals

@test "a device is not suspended twice, nor resumed where it runs, nor either before a driver has started it" {
	started_disks 1
	user_devices "$BLK" b0

	kernel_refuses EINVAL attribute=DEV_NAME 'b0 is inactive' dev-suspend DEV_NAME:str:b0
	kernel_refuses EINVAL attribute=DEV_NAME 'b0 is inactive' dev-resume DEV_NAME:str:b0
	kernel_refuses EALREADY attribute=DEV_NAME 'd1 is not suspended' dev-resume DEV_NAME:str:d1
	vdpa dev suspend d1
	kernel_refuses EALREADY attribute=DEV_NAME 'd1 is suspended already' dev-suspend DEV_NAME:str:d1
	kernel_refuses EALREADY attribute=DEV_NAME 'd1 is suspended already' dev-suspend DEV_GROUP:names:d1
	vdpa dev resume d1
}

@test "a device that has failed is neither suspended nor resumed" {
	user_devices "$BLK" b0
	start "$VDPA_CLIENTS/vhost_hold" --status 143 "$(vhost_of b0)"
	wait_until 20 has_state b0 failed || fail "$(<"$OUT")"

	kernel_refuses EINVAL attribute=DEV_NAME 'b0 has failed' dev-suspend DEV_NAME:str:b0
	kernel_refuses EINVAL attribute=DEV_NAME 'b0 has failed' dev-resume DEV_NAME:str:b0
}

@test "a device that is being deleted is neither suspended nor resumed" {
	user_devices "$BLK" b0
	keep_open b0
	start "$VDPA_TOOL" dev del b0
	deleter=$PID
	wait_until 10 has_state b0 removing

	kernel_refuses EBUSY attribute=DEV_NAME 'b0 is being deleted' dev-suspend DEV_NAME:str:b0
	kernel_refuses EBUSY attribute=DEV_NAME 'b0 is being deleted' dev-resume DEV_NAME:str:b0
	kill "$KEEPER"
	wait "$deleter"
}

@test "what is wrong with a request is said, and pointed at" {
	started_disks 2

	kernel_refuses ENODEV attribute=DEV_NAME 'no device named d9' dev-suspend DEV_NAME:str:d9
	kernel_refuses ENODEV attribute=DEV_NAME 'no device named d9' dev-resume DEV_GROUP:names:d1,d9
	kernel_refuses EINVAL missing=DEV_NAME 'name is missing' dev-suspend
	kernel_refuses EINVAL missing=DEV_NAME 'name is missing' dev-resume DEV_GROUP:names:
	kernel_refuses EINVAL attribute=DEV_GROUP 'one device or a group' dev-suspend DEV_NAME:str:d1 DEV_GROUP:names:d1
	kernel_refuses EINVAL attribute=DEV_NAME 'd1 is named twice' dev-suspend DEV_GROUP:names:d1,d2,d1
	kernel_refuses ERANGE attribute=DEADLINE 'a deadline is 1 to 3600000 ms' dev-suspend DEV_NAME:str:d1 DEADLINE:u32:0
	kernel_refuses ERANGE attribute=DEADLINE 'not 3600001' dev-suspend DEV_NAME:str:d1 DEADLINE:u32:3600001
	kernel_refuses ERANGE attribute=DEADLINE 'not 4294967295' dev-suspend DEV_NAME:str:d1 DEADLINE:u32:0xffffffff
	kernel_refuses EINVAL attribute=DEADLINE 'a resume has no deadline' dev-resume DEV_NAME:str:d1 DEADLINE:u32:100
	kernel_refuses E2BIG attribute=DEV_GROUP 'at most 512' \
		dev-suspend "DEV_GROUP:names:$(seq -s, 513)"
	kernel_refuses ENODEV attribute=DEV_NAME 'no device named 1' dev-suspend "DEV_GROUP:names:$(seq -s, 512)"
}

@test "what no well-meaning client sends is refused" {
	started_disks 1

	kernel_refuses EINVAL '.*' . dev-suspend DEV_GROUP:hex:08000500aabbccdd
	kernel_refuses 'EINVAL|ERANGE' '.*' . dev-suspend DEV_NAME:str:d1 DEADLINE:u8:5
	kernel_refuses 'EINVAL|ERANGE' '.*' . dev-suspend DEV_GROUP:str:d1
	kernel_refuses ENODEV '.*' . dev-suspend DEV_NAME:fill:5000
	kernel_refuses 'EINVAL|ERANGE' '.*' . dev-suspend "DEV_GROUP:names:$(printf 'a%.0s' {1..200})"
	has_state d1 active
}

@test "the command finds mistakes by itself" {
	command_refuses 1 'name of a device is missing' dev suspend
	command_refuses 1 'name of a device is missing' dev resume
	command_refuses 1 'given twice' dev suspend d1 d2 d1
	command_refuses 1 'deadline' dev suspend d1 deadline 0
	command_refuses 1 'deadline' dev suspend d1 deadline 3600001
	command_refuses 1 'deadline' dev suspend d1 deadline
	command_refuses 1 'deadline' dev suspend d1 deadline soon
}

@test "what the parent cannot do is refused" {
	load_parent
	vdpa dev add name p0 mgmtdev vdpatest_net
	start "$VDPA_CLIENTS/vhost_hold" --status 15 "$(vhost_of p0)"
	wait_until 10 has_state p0 active

	kernel_refuses EOPNOTSUPP attribute=DEV_NAME 'p0 cannot be suspended: its parent does not know how' \
		dev-suspend DEV_NAME:str:p0
	kernel_refuses EOPNOTSUPP attribute=DEV_NAME 'p0 cannot be resumed' dev-resume DEV_NAME:str:p0
}

@test "what could not be resumed is not suspended for a while, nor in a group; alone by force only, until it is reset, or deleted" {
	load_parent parents=bare
	for name in r0 r1; do
		vdpa dev add name $name mgmtdev vdpatest_bare
		start "$VDPA_CLIENTS/vhost_hold" --status 15 "$(vhost_of $name)"
		wait_until 10 has_state $name active
	done

	command_refuses 2 'r0 could not be resumed if others fail' dev suspend r0 r1
	command_refuses 2 'r0 could not be resumed if others fail' dev suspend r0 deadline 1000
	has_state r0 active
	has_state r1 active

	assert_equal "$(shown r1 '.capabilities | tojson')" '["suspend"]'
	kernel_refuses EOPNOTSUPP attribute=DEV_NAME 'r1 could not be resumed, only reset: needs force' \
		dev-suspend DEV_NAME:str:r1
	command_refuses 2 'r0 could not be resumed if others fail' dev suspend r0 r1 force
	has_state r1 active
	vdpa dev suspend r1 force
	has_state r1 suspended
	kernel_refuses EOPNOTSUPP attribute=DEV_NAME 'r1 cannot be resumed: its parent does not know how' \
		dev-resume DEV_NAME:str:r1

	# vhost_vdpa resets it when its file is closed, and when it is opened.
	finish_off -TERM "$PID"
	wait_until 10 has_state r1 inactive
	start "$VDPA_CLIENTS/vhost_hold" --status 15 "$(vhost_of r1)"
	wait_until 10 has_state r1 active
	vdpa dev suspend r1 force
	finish_off -TERM "$PID"
	vdpa dev del r1
}

@test "what could not be resumed is not suspended under a driver of this host, not by force either: nobody would reset it" {
	unload_all
	load_core ours
	load_bus_drivers virtio_vdpa
	load_parent parents=bare
	insmod "$VDPA_KO/parent/vdpa_test_driver.ko"
	vdpa dev add name r0 mgmtdev vdpatest_bare
	wait_until 10 has_state r0 active

	kernel_refuses EOPNOTSUPP attribute=DEV_NAME "r0 could not be resumed for this host's driver" \
		dev-suspend DEV_NAME:str:r0
	kernel_refuses EOPNOTSUPP attribute=DEV_NAME "r0 could not be resumed for this host's driver" \
		dev-suspend DEV_NAME:str:r0 FORCE:hex:
	has_state r0 active
}

@test "a vduse device is suspended by force where vduse and its program can, comes back by a reset, and is refused elsewhere" {
	modprobe vduse
	start "$VDPA_CLIENTS/vduse_device" v0
	program=$PID told=$OUT
	wait_until 10 grep -qx ready "$told"
	vdpa dev add name v0 mgmtdev vduse
	start "$VDPA_CLIENTS/vhost_hold" --status 15 "$(vhost_of v0)"
	wait_until 10 has_state v0 active

	if grep -qx 'no suspend' "$told"; then
		assert_equal "$(shown v0 '.capabilities | index("suspend")')" null
		command_refuses 2 'v0 cannot be suspended: its parent does not know how' dev suspend v0 force
	else
		assert_equal "$(shown v0 '.capabilities | [index("suspend") != null, index("resume")] | tojson')" '[true,null]'
		command_refuses 2 'v0 could not be resumed, only reset: needs force' dev suspend v0
		vdpa dev suspend v0 force
		has_state v0 suspended
		grep -qx suspend "$told"
		command_refuses 2 'v0 cannot be resumed: its parent does not know how' dev resume v0
	fi
	kill -HUP "$PID"
	wait_until 10 has_state v0 inactive

	finish_off -TERM "$PID"
	vdpa dev del v0
	finish_off -TERM "$program"
	[ ! -e /dev/vduse/v0 ]
}

@test "a vduse disk is not suspended, and the reason is said" {
	unload_all
	load_core ours
	load_bus_drivers virtio_vdpa
	truncate -s 16M "$BATS_TEST_TMPDIR/disk"
	start_vduse_disk v0 "$BATS_TEST_TMPDIR/disk"
	vdpa dev add name v0 mgmtdev vduse
	wait_until 20 blockdev_of v0 >/dev/null
	wait_until 10 has_state v0 active

	command_refuses 2 'v0 cannot be suspended: its parent does not know how' dev suspend v0
	command_refuses 2 'v0 cannot be resumed: its parent does not know how' dev resume v0
	[ "$(shown v0 '.capabilities | index("suspend")')" = null ]
}
