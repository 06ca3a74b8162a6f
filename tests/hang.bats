#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900
# Whatever one operation waits for, nobody else waits with it, and whoever waits can be interrupted.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
	load_parent
	load_bus_drivers vhost_vdpa
	nl_raw dev-new DEV_NAME:str:b0 "MGMTDEV_DEV_NAME:str:$BLK"
	calibrate
}

# delete_waiting - a delete of n0 that waits because its node is open; $DELETER is its process, $HOLDER has the node open.
delete_waiting() {
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	NODE=$(vhost_node n0)
	hold n0
	start env --default-signal=INT "$VDPA_TOOL" dev del n0
	DELETER=$PID
	wait_until 10 node_removed
	alive "$DELETER" || fail "it did not wait: $(cat "$OUT")"
}

# vhost_vdpa takes the node away first and waits for its last user then.
node_removed() { [ ! -e "$NODE" ]; }

# stuck_in MGMTDEV COMMAND… - COMMAND is held up in an operation of MGMTDEV; $STUCK is its process.
stuck_in() {
	local parent=$1
	shift

	start "$@"
	STUCK=$PID
	wait_until 10 held_up "$parent"
	alive "$STUCK"
}

# taken NAME - it is reserved for a device, or has one
taken() {
	run nl_raw dev-new DEV_NAME:str:"$1" "MGMTDEV_DEV_NAME:str:$BLK"
	[ "$(line errno)" = EEXIST ] || { nl_raw dev-del DEV_NAME:str:"$1"; false; }
}

# in_the_core PID - a process has sent its request, and waits in the core
in_the_core() { grep -q '\[vdpa\]' "/proc/$1/stack"; }

# What anybody may want to do with anything else, meanwhile
others_answer() {
	in_time "$VDPA_TOOL" dev show
	in_time "$VDPA_TOOL" dev show b0
	in_time "$VDPA_TOOL" dev config show b0
	in_time "$VDPA_TOOL" dev add name b1 mgmtdev "$BLK"
	exists b1
	in_time "$VDPA_TOOL" dev del b1
	gone b1
	in_time "$VDPA_TOOL" mgmtdev show
	in_time "$IPROUTE_VDPA" dev show
	in_time "$IPROUTE_VDPA" mgmtdev show
	other_families_answer
}

# Waiting for an open node

@test "a delete that waits for an open node holds up nobody else" {
	delete_waiting

	others_answer
	in_time "$VDPA_TOOL" dev show n0
	in_time "$VDPA_TOOL" dev config show
	in_time "$VDPA_TOOL" dev add name n1 mgmtdev "$NET"
	in_time "$VDPA_TOOL" dev del n1

	alive "$DELETER"
	exists n0
}

@test "a delete that waits is done when the node is closed" {
	delete_waiting

	release

	wait_until 10 ended "$DELETER"
	wait "$DELETER"
	gone n0
}

@test "a delete that waits dies on SIGKILL and is called off: once the node is closed the device is as before" {
	delete_waiting

	finish_off "$DELETER"

	[ "$(devices)" = $'b0\nn0' ]
	release
	wait_until 10 has_driver n0 vhost_vdpa
	[ -c "$(vhost_node n0)" ]
	hold n0
	release
	"$VDPA_TOOL" dev del n0
	gone n0
}

@test "a delete that waits ends on SIGINT as well" {
	delete_waiting

	finish_off -INT "$DELETER"

	release
	wait_until 10 has_driver n0 vhost_vdpa
}

@test "a second delete of a device that is being deleted is refused" {
	delete_waiting

	kernel_refuses EBUSY attribute=DEV_NAME n0 --timeout 5000 dev-del DEV_NAME:str:n0
	command_refuses 2 n0 dev del n0

	alive "$DELETER"
}

@test "a delete takes over from one that was killed" {
	delete_waiting
	finish_off "$DELETER"

	start "$VDPA_TOOL" dev del n0
	release

	wait_until 10 ended "$PID"
	wait "$PID"
	gone n0
}

@test "the name of a device that is being deleted is not free yet" {
	delete_waiting

	kernel_refuses EEXIST attribute=DEV_NAME n0 dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	command_refuses 2 n0 dev add name n0 mgmtdev "$BLK"
}

@test "two deletes that wait do not wait for each other" {
	delete_waiting
	first=$DELETER first_holder=$HOLDER
	nl_raw dev-new DEV_NAME:str:n1 "MGMTDEV_DEV_NAME:str:$NET"
	hold n1
	start "$VDPA_TOOL" dev del n1
	second=$PID

	others_answer
	release
	wait_until 10 ended "$second"
	gone n1

	alive "$first"
	exists n0
	finish_off -TERM "$first_holder"
	wait_until 10 ended "$first"
	gone n0
}

@test "modules that register a generic netlink family come and go while a delete waits, and hold up nobody" {
	calibrate modprobe -a team l2tp_netlink
	rmmod team l2tp_netlink
	delete_waiting

	in_time modprobe team
	others_answer
	in_time modprobe l2tp_netlink
	in_time rmmod team
	others_answer
	in_time rmmod l2tp_netlink
}

@test "a delete waits for a virtual machine that runs, whoever asks, and the name is free for the next device then" {
	for command in "$VDPA_TOOL" "$IPROUTE_VDPA"; do
		nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
		NODE=$(vhost_node n0)
		hold n0 --status 15
		start "$command" dev del n0
		deleting=$PID
		wait_until 10 node_removed
		others_answer
		alive "$deleting"
		assert_match "$("$VDPA_TOOL" dev show n0)" ' state removing '

		release
		wait_until 10 ended "$deleting"
		wait "$deleting"
		gone n0
	done
	"$VDPA_TOOL" dev add name n0 mgmtdev "$BLK"
	assert_match "$("$VDPA_TOOL" dev show n0)" ' mgmtdev vdpatest_blk '
}

@test "who does not want to wait for a virtual machine is refused at once, and the device stays as it is" {
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	hold n0 --status 15

	kernel_refuses EBUSY attribute=DEV_NAME 'n0.*vhost_vdpa' --timeout 5000 dev-del DEV_NAME:str:n0 NOWAIT:none
	command_refuses 2 'n0.*vhost_vdpa' dev del n0 nowait
	[ -c "$(vhost_node n0)" ]

	release
	"$VDPA_TOOL" dev del n0 nowait
	gone n0
}

@test "who does not want to wait gives a node that is merely open a second, then the device is as before" {
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	hold n0

	run -2 --separate-stderr "$VDPA_TOOL" dev del n0 nowait
	assert_match "$stderr" 'n0 is in use: driver vhost_vdpa has not let go of it'
	exists n0
	release
	wait_until 10 has_driver n0 vhost_vdpa
	assert_match "$("$VDPA_TOOL" dev show n0)" ' state inactive '
	"$VDPA_TOOL" dev del n0 nowait
	gone n0
}

@test "a delete with a deadline waits so long, is called off then, and another one takes over" {
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	hold n0 --status 15

	for i in 1 2; do
		run -2 --separate-stderr "$VDPA_TOOL" -j dev del n0 deadline 300
		assert_match "$stderr" '"errno":"ETIMEDOUT","message":"device n0 is in use: driver vhost_vdpa has not let go'
	done
	start "$VDPA_TOOL" dev del n0 deadline 60000
	deleting=$PID
	wait_until 10 waits_in_receive "$deleting"
	alive "$deleting"
	release
	wait_until 10 ended "$deleting"
	wait "$deleting"
	gone n0

	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	hold n0 --status 15
	run -2 "$VDPA_TOOL" dev del n0 deadline 100
	release
	wait_until 10 has_driver n0 vhost_vdpa
	assert_match "$("$VDPA_TOOL" dev show n0)" ' state inactive '
	hold n0
	release
	"$VDPA_TOOL" dev del n0 deadline 10000
	gone n0
}
waits_in_receive() { grep -qs netlink "/proc/$1/stack" || grep -qs recv "/proc/$1/stack"; }

@test "what makes no sense of a wait for a delete is refused" {
	kernel_refuses EINVAL attribute=NOWAIT 'either nowait or a deadline' dev-del DEV_NAME:str:b0 NOWAIT:none DEADLINE:u32:5
	kernel_refuses ERANGE attribute=DEADLINE 'a deadline is 1 to 3600000 ms, not 0' dev-del DEV_NAME:str:b0 DEADLINE:u32:0
	kernel_refuses ERANGE attribute=DEADLINE 'a deadline is 1 to 3600000 ms, not 3600001' \
		dev-del DEV_NAME:str:b0 DEADLINE:u32:3600001
	command_refuses 1 deadline dev del b0 deadline 0
	command_refuses 1 deadline dev del b0 deadline
	command_refuses 1 'at most one of nowait and deadline' dev del b0 nowait deadline 5
	command_refuses 1 'nowait is given twice' dev del b0 nowait nowait
	exists b0
}

@test "unbinding a driver whose node is open holds up nobody else, and the device can still be deleted" {
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	NODE=$(vhost_node n0)
	hold n0
	start bash -c "echo n0 >$BUS/drivers/vhost_vdpa/unbind"
	unbinding=$PID
	wait_until 10 node_removed

	others_answer
	start "$VDPA_TOOL" dev del n0
	deleting=$PID
	others_answer

	release
	wait_until 10 ended "$unbinding"
	wait_until 10 ended "$deleting"
	wait "$deleting"
	gone n0
}

@test "unloading a parent whose device's node is open holds up nobody else" {
	modprobe vduse
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	NODE=$(vhost_node n0)
	hold n0
	start rmmod vdpa_test_parent
	unloading=$PID
	wait_until 10 node_removed

	in_time "$VDPA_TOOL" dev show
	in_time "$VDPA_TOOL" mgmtdev show vduse
	in_time "$IPROUTE_VDPA" mgmtdev show vduse
	other_families_answer
	command_refuses 2 "$NET" dev add name n1 mgmtdev "$NET"

	release
	wait_until 10 ended "$unloading"
	wait "$unloading"
	[ ! -e /sys/module/vdpa_test_parent ]
}

# Waiting for a parent

@test "a parent stuck in adding a device holds up nobody else" {
	knob "$NET" stuck_add 1
	stuck_in "$NET" "$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	others_answer
	in_time "$VDPA_TOOL" mgmtdev show "$NET"
	kernel_refuses EEXIST attribute=DEV_NAME n0 dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$BLK"

	knob "$NET" stuck_add 0
	wait_until 10 ended "$STUCK"
	wait "$STUCK"
	exists n0
}

@test "a parent stuck in adding holds up none of the others of a batch with -parallel, and what shows waits for all" {
	knob "$NET" stuck_add 1
	printf '%s\n' "dev add name n0 mgmtdev $NET" "dev add name b1 mgmtdev $BLK" 'dev show n0' 'dev del n0' \
		'dev show n0' >"$BATS_TEST_TMPDIR/batch"

	start "$VDPA_TOOL" -force -parallel 64 -b "$BATS_TEST_TMPDIR/batch"
	wait_until 30 exists b1
	gone n0
	[ ! -s "$OUT" ]

	knob "$NET" stuck_add 0
	wait "$PID" || status=$?
	[ "$status" = 2 ]
	mapfile -t lines <"$OUT"
	assert_match "${lines[0]}" '^n0: type network '
	assert_match "${lines[-1]}" 'batch:5: n0: no device named n0'
	[ "$(grep -c ^vdpa: "$OUT")" = 1 ]
}

@test "who waits for its turn at a parent that is unloaded meanwhile is told so" {
	knob "$NET" stuck_add 1
	stuck_in "$NET" "$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	printf '%s\n' "dev add name n1 mgmtdev $NET" "dev add name b1 mgmtdev $BLK" >"$BATS_TEST_TMPDIR/batch"
	start "$VDPA_TOOL" -force -parallel 64 -b "$BATS_TEST_TMPDIR/batch"
	queued=$PID said=$OUT
	wait_until 30 exists b1
	start rmmod vdpa_test_parent
	unloading=$PID
	wait_until 10 unknown mgmtdev show "$NET"

	knob "$NET" stuck_add 0
	wait "$STUCK"
	status=0
	wait "$queued" || status=$?
	assert_equal "$status" 2
	assert_match "$(<"$said")" "batch:1: .*management device $NET is going away"
	wait "$unloading"
	[ -z "$(devices)" ]
}

@test "who waits for a parent stuck in adding, or for its turn after that, dies on SIGKILL" {
	knob "$NET" stuck_add 1
	stuck_in "$NET" "$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	start "$VDPA_TOOL" dev add name n1 mgmtdev "$NET"
	queued=$PID
	wait_until 10 in_the_core "$queued"
	taken n1

	finish_off "$STUCK" "$queued"
	others_answer

	knob "$NET" stuck_add 0
	"$VDPA_TOOL" dev add name n2 mgmtdev "$NET"
	exists n2
	# what was asked for is done, whoever has gone
	exists n0
	exists n1
}

@test "a parent stuck in deleting a device holds up nobody else, and who waits for it dies on SIGKILL" {
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	knob "$NET" stuck_del 1
	stuck_in "$NET" "$VDPA_TOOL" dev del n0

	others_answer
	in_time "$VDPA_TOOL" mgmtdev show "$NET"
	kernel_refuses EBUSY attribute=DEV_NAME n0 --timeout 5000 dev-del DEV_NAME:str:n0
	finish_off "$STUCK"
	others_answer

	knob "$NET" stuck_del 0
	wait_until 10 gone n0
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
}

@test "a device stuck in setting its status holds up nobody else, and who asks for it dies on SIGKILL" {
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	knob "$NET" stuck_set_status 1
	stuck_in "$NET" "$VDPA_CLIENTS/vhost_hold" --status 15 "$(vhost_node n0)"
	user=$STUCK

	others_answer
	in_time "$VDPA_TOOL" dev show n0
	in_time "$VDPA_TOOL" dev config show
	start "$VDPA_TOOL" dev config show n0
	asking=$PID
	start "$VDPA_TOOL" dev set name n0 mac 52:54:00:12:34:56
	setting=$PID
	start "$VDPA_TOOL" dev del n0
	deleting=$PID
	others_answer

	finish_off "$asking" "$setting" "$deleting" "$user"
	others_answer
}

@test "a slow parent is waited for, and the answer is the parent's" {
	knob "$NET" add_delay_ms 500
	knob "$NET" del_delay_ms 500
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	exists n0
	"$VDPA_TOOL" dev del n0
	gone n0

	knob "$NET" add_errno 28
	command_refuses 2 "$NET" dev add name n0 mgmtdev "$NET"
	kernel_refuses ENOSPC - "$NET" dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
}

@test "commands for one parent are done one after the other" {
	knob "$NET" stuck_add 1
	stuck_in "$NET" "$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	for name in n1 n2 n3; do
		start "$VDPA_TOOL" dev add name "$name" mgmtdev "$NET"
		queued+=("$PID")
	done

	[ "$(waiting "$NET")" = 1 ]
	[ "$(devices)" = b0 ]
	knob "$NET" stuck_add 0

	for process in "$STUCK" "${queued[@]}"; do
		wait_until 10 ended "$process"
		wait "$process"
	done
	[ "$(devices)" = $'b0\nn0\nn1\nn2\nn3' ]
}
