#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600
# vdpa dev wait: until a device is in a state, has its character device, or is gone.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
	load_parent
	load_bus_drivers vhost_vdpa
}

# awaits ARGUMENT… - vdpa dev wait, which has begun to wait; its process is $WAITER
awaits() {
	start "$VDPA_TOOL" dev wait "$@"
	WAITER=$PID
	wait_until 10 waits "$WAITER"
}

@test "what is so already is not waited for" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" driver vhost_vdpa

	"$VDPA_TOOL" dev wait n0 state inactive
	"$VDPA_TOOL" dev wait n0 chardev
	"$VDPA_TOOL" dev wait n9 gone
}

@test "a state, a character device and an end are waited for, and nobody looks again and again" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" driver none
	awaits n0 chardev timeout 60000
	CHARDEV=$WAITER
	awaits n0 state active timeout 60000
	ACTIVE=$WAITER
	awaits n0 gone timeout 60000
	GONE=$WAITER
	before=$(switches "$GONE")
	for i in {1..20}; do pause; done
	[ "$(switches "$GONE")" = "$before" ]

	"$VDPA_TOOL" dev set n0 driver vhost_vdpa
	wait "$CHARDEV"
	alive "$ACTIVE"
	hold n0 --status 15
	wait "$ACTIVE"
	alive "$GONE"
	release
	"$VDPA_TOOL" dev del n0
	wait "$GONE"
}
switches() { awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$1/status"; }

@test "a device that does not exist yet is waited for" {
	awaits n0 chardev timeout 60000

	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" driver vhost_vdpa
	alive "$WAITER"
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" driver vhost_vdpa

	wait "$WAITER"
}

@test "when the time is over it says what the device is like, and fails" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" driver none

	run -2 "$VDPA_TOOL" dev wait n0 state active timeout 200
	assert_match "$output" 'device n0 is not in that state after 200 ms'
	run -2 "$VDPA_TOOL" dev wait n0 chardev timeout 200
	assert_match "$output" 'n0 has no character device after 200 ms'
	run -2 "$VDPA_TOOL" dev wait n0 gone timeout 200
	assert_match "$output" 'n0 is still there after 200 ms'
	run -2 --separate-stderr "$VDPA_TOOL" -j dev wait n9 state active timeout 200
	jq -e '.error | .errno == "ETIMEDOUT" and .dev == "n9" and (.message | contains("n9 does not exist after 200 ms"))' <<<"$stderr"
}

@test "what is not to be waited for is refused at once" {
	command_refuses 1 'state "done" is none of' dev wait n0 state done
	command_refuses 1 'exactly one of state, chardev and gone' dev wait n0
	command_refuses 1 'exactly one of state, chardev and gone' dev wait n0 gone chardev
	command_refuses 1 timeout dev wait n0 gone timeout 0
	command_refuses 1 'name of a device' dev wait
}
