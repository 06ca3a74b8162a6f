#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900
# Which bus driver a device has: from its first moment on, and from now on.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
	load_parent
	load_bus_drivers virtio_vdpa vhost_vdpa
}

# with_driver NAME DRIVER - adds the device NAME for DRIVER: one of a class that no virtio driver here knows, so that nobody uses it
with_driver() { nl_raw dev-new "DEV_NAME:str:$1" "MGMTDEV_DEV_NAME:str:$ODD" "DEV_DRIVER:str:$2" >/dev/null; }

# change NAME DRIVER [ATTRIBUTE…]
change() { nl_raw dev-driver-set "DEV_NAME:str:$1" "DEV_DRIVER:str:$2" "${@:3}"; }

# change_refused ERRNO WHERE PATTERN NAME DRIVER [ATTRIBUTE…]
change_refused() {
	kernel_refuses "$1" "$2" "$3" dev-driver-set "DEV_NAME:str:$4" "DEV_DRIVER:str:$5" "${@:6}"
}

override_of() { cat "$BUS/devices/$1/driver_override"; }
# A request that is under way: its client waits in the core, or for the answer.
waits_for_driver() { grep -qsE 'vdpa_nl_request_wait|__skb_wait_for_more_packets' /proc/[0-9]*/stack; }
no_node() { [ ! -e "$1" ]; }
parent_hidden() { run ! nl_raw mgmtdev-get "MGMTDEV_DEV_NAME:str:$ODD"; }
# The test's device v0 is nobody's any more.
free() { change v0 none >/dev/null; }

# A device has it from the beginning

@test "a new device gets the driver it is added for, whichever others are loaded" {
	with_driver v0 vhost_vdpa
	with_driver v1 virtio_vdpa
	with_driver v2 none

	has_driver v0 vhost_vdpa
	has_driver v1 virtio_vdpa
	[ -z "$(driver_of v2)" ]
	assert_equal "$(field dev-get v0 DEV_DRIVER)" vhost_vdpa
	assert_equal "$(field dev-get v0 DEV_DRIVER_OVERRIDE)" vhost_vdpa
	assert_equal "$(field dev-get v2 DEV_DRIVER)" ''
	assert_equal "$(field dev-get v2 DEV_DRIVER_OVERRIDE)" none
	assert_equal "$(override_of v1)" virtio_vdpa
}

@test "a device that is added for no driver has no override" {
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$ODD"

	run -0 fields dev-get n0
	run ! grep OVERRIDE <<<"$output"
}

@test "a driver that is loaded later does not get a device that is for another one, or for none" {
	unload_all
	load_core ours
	load_parent
	load_bus_drivers vhost_vdpa
	with_driver v0 vhost_vdpa
	with_driver v1 none

	load_bus_drivers virtio_vdpa

	has_driver v0 vhost_vdpa
	[ -z "$(driver_of v1)" ]
}

@test "a new device gets its driver although the administrator has switched probing off" {
	echo 0 >"$BUS/drivers_autoprobe"

	with_driver v0 vhost_vdpa
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$ODD"

	echo 1 >"$BUS/drivers_autoprobe"
	has_driver v0 vhost_vdpa
	[ -z "$(driver_of n0)" ]
}

@test "a device is not added for a driver that is not loaded" {
	kernel_refuses ENOENT attribute=DEV_DRIVER 'no vdpa bus driver named nobody is loaded' \
		dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$ODD" DEV_DRIVER:str:nobody
	kernel_refuses EINVAL attribute=DEV_DRIVER 'must not be empty' \
		dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$ODD" DEV_DRIVER:str:
	kernel_refuses 'ERANGE|EINVAL' attribute=DEV_DRIVER . \
		dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$ODD" DEV_DRIVER:fill:64
	gone n0
}

@test "a device whose driver does not take it is not added" {
	unload_all
	load_core ours
	load_parent unmapped=1
	load_bus_drivers virtio_vdpa vhost_vdpa

	kernel_refuses EOPNOTSUPP attribute=DEV_DRIVER 'driver vhost_vdpa does not take device n0' \
		dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$ODD" DEV_DRIVER:str:vhost_vdpa
	gone n0
	with_driver n0 virtio_vdpa
	has_driver n0 virtio_vdpa
}

# It is given another one

@test "a device is given another driver, and none, and back" {
	with_driver v0 vhost_vdpa
	node=$(vhost_node v0)

	change v0 virtio_vdpa
	has_driver v0 virtio_vdpa
	no_node "$node"
	assert_equal "$(override_of v0)" virtio_vdpa

	change v0 none
	[ -z "$(driver_of v0)" ]
	assert_equal "$(override_of v0)" none

	change v0 vhost_vdpa
	has_driver v0 vhost_vdpa
	[ -c "$(vhost_node v0)" ]
}

@test "the driver that it has it keeps, whoever uses it, and no other gets it from then on" {
	with_driver v0 vhost_vdpa
	echo >"$BUS/devices/v0/driver_override"
	run ! grep OVERRIDE < <(fields dev-get v0)
	hold v0 --status 1

	change v0 vhost_vdpa

	alive "$HOLDER"
	assert_equal "$(override_of v0)" vhost_vdpa
}

@test "a device that somebody uses is not taken from him, and he is named" {
	with_driver v0 vhost_vdpa
	hold v0 --status 1

	change_refused EBUSY attribute=DEV_NAME "v0 is in use: vhost_vdpa, vhost_hold, pid $HOLDER" v0 none
	kernel_refuses EBUSY attribute=DEV_NAME "v0 is in use: vhost_vdpa, vhost_hold, pid $HOLDER" \
		dev-del DEV_NAME:str:v0 NOWAIT:none
	alive "$HOLDER"
	has_driver v0 vhost_vdpa

	release
	change v0 none
	[ -z "$(driver_of v0)" ]
}

@test "one that is only open is not waited for for long, and goes back to its driver when it is closed" {
	with_driver v0 vhost_vdpa
	hold v0

	run -2 change v0 none
	assert_equal "$(line errno)" EBUSY
	assert_match "$(line message)" 'v0 is in use: driver vhost_vdpa has not let go of it'

	release
	wait_until 10 has_driver v0 vhost_vdpa
	assert_equal "$(override_of v0)" vhost_vdpa
}

@test "with a deadline who uses it is waited for" {
	with_driver v0 vhost_vdpa
	hold v0 --status 1

	run -2 change v0 none DEADLINE:u32:300
	assert_equal "$(line errno)" ETIMEDOUT
	start change v0 none DEADLINE:u32:60000
	CHANGER=$PID
	wait_until 10 waits_for_driver
	release
	wait "$CHANGER"

	[ -z "$(driver_of v0)" ]
}

@test "a change is called off with its client" {
	with_driver v0 vhost_vdpa
	node=$(vhost_node v0)
	hold v0 --status 1
	start "$VDPA_CLIENTS/nl_raw" dev-driver-set DEV_NAME:str:v0 DEV_DRIVER:str:none DEADLINE:u32:60000
	CHANGER=$PID
	wait_until 10 no_node "$node"
	finish_off -KILL "$CHANGER"

	release

	wait_until 10 has_driver v0 vhost_vdpa
	assert_equal "$(override_of v0)" vhost_vdpa
}

@test "meanwhile it is neither changed nor deleted, and everything else answers" {
	calibrate
	with_driver v0 vhost_vdpa
	node=$(vhost_node v0)
	hold v0 --status 1
	start nl_raw dev-driver-set DEV_NAME:str:v0 DEV_DRIVER:str:virtio_vdpa DEADLINE:u32:60000
	CHANGER=$PID
	wait_until 10 no_node "$node"

	change_refused EBUSY attribute=DEV_NAME 'being given another driver already' v0 none DEADLINE:u32:100
	kernel_refuses EBUSY attribute=DEV_NAME 'being given another driver already' dev-del DEV_NAME:str:v0
	assert_equal "$(field dev-get v0 DEV_STATE)" 0
	in_time "$VDPA_TOOL" dev show
	in_time nl_raw dev-new DEV_NAME:str:n1 "MGMTDEV_DEV_NAME:str:$ODD"
	in_time nl_raw dev-driver-set DEV_NAME:str:n1 DEV_DRIVER:str:none
	other_families_answer

	release
	wait "$CHANGER"
	has_driver v0 virtio_vdpa
}

@test "a device that is being deleted is not given another driver, and a deletion takes over from a change called off" {
	with_driver v0 vhost_vdpa
	node=$(vhost_node v0)
	hold v0
	run -2 change v0 none
	start nl_raw dev-del DEV_NAME:str:v0
	DELETER=$PID
	removing() { [ "$(field dev-get v0 DEV_STATE)" = 6 ]; }
	wait_until 10 removing

	change_refused EBUSY attribute=DEV_NAME 'being deleted already' v0 none DEADLINE:u32:100

	release
	wait "$DELETER"
	gone v0
}

@test "after a deletion called off a device is not given another driver before it is closed" {
	with_driver v0 vhost_vdpa
	hold v0
	run -2 nl_raw dev-del DEV_NAME:str:v0 NOWAIT:none

	change_refused EBUSY attribute=DEV_NAME 'v0 is in use: driver vhost_vdpa has not let go' v0 none DEADLINE:u32:100

	release
	wait_until 10 has_driver v0 vhost_vdpa
	change v0 none
}

@test "a driver that does not take the device leaves it with the one that it had" {
	unload_all
	load_core ours
	load_parent unmapped=1
	load_bus_drivers virtio_vdpa vhost_vdpa
	with_driver v0 virtio_vdpa
	with_driver v1 none

	run -2 change v0 vhost_vdpa
	assert_equal "$(line errno)" EOPNOTSUPP
	assert_equal "$(line attribute)" DEV_DRIVER
	assert_match "$(line message)" 'driver vhost_vdpa does not take device v0'
	has_driver v0 virtio_vdpa
	assert_equal "$(override_of v0)" virtio_vdpa

	run -2 change v1 vhost_vdpa
	[ -z "$(driver_of v1)" ]
	assert_equal "$(override_of v1)" none
}

@test "a driver that is not loaded is refused before anything is taken away" {
	with_driver v0 vhost_vdpa

	change_refused ENOENT attribute=DEV_DRIVER 'no vdpa bus driver named nobody is loaded' v0 nobody
	change_refused EINVAL attribute=DEV_DRIVER 'must not be empty' v0 ''
	kernel_refuses EINVAL missing=DEV_DRIVER "driver's name is missing" dev-driver-set DEV_NAME:str:v0
	change_refused ERANGE attribute=DEADLINE 'a deadline is' v0 none DEADLINE:u32:0
	change_refused ENODEV attribute=DEV_NAME 'no device named v9' v9 none
	has_driver v0 vhost_vdpa
}

@test "a probe that is stuck keeps nobody but who asked, who is answered by the deadline" {
	calibrate
	with_driver v0 none
	knob "$ODD" stuck_set_status 1

	run -2 change v0 virtio_vdpa DEADLINE:u32:500
	assert_equal "$(line errno)" ETIMEDOUT
	assert_match "$(line message)" 'driver virtio_vdpa still probes device v0'
	change_refused EBUSY attribute=DEV_NAME 'being given another driver already' v0 none
	in_time "$VDPA_TOOL" dev show
	in_time nl_raw dev-new DEV_NAME:str:b1 "MGMTDEV_DEV_NAME:str:$BLK" DEV_DRIVER:str:none

	knob "$ODD" stuck_set_status 0
	wait_until 20 has_driver v0 virtio_vdpa
	wait_until 20 free
}

# binding NAME - the host binds the device to virtio_vdpa, whose probe is stuck in the parent
binding() {
	nl_raw dev-new "DEV_NAME:str:$1" "MGMTDEV_DEV_NAME:str:$ODD" >/dev/null
	echo "$1" >"$BUS/drivers/$(driver_of "$1")/unbind"
	knob "$ODD" stuck_set_status 1
	start sh -c "echo $1 >$BUS/drivers/virtio_vdpa/bind"
	BINDER=$PID
	wait_until 10 grep -qs vdpa_bus_probe "/proc/$BINDER/stack"
}

@test "a driver that is just being bound when it is asked for is not unbound again" {
	binding v0
	start "$VDPA_TOOL" -s monitor
	WATCHED=$OUT
	wait_until 20 grep -q synced "$WATCHED"
	start nl_raw dev-driver-set DEV_NAME:str:v0 DEV_DRIVER:str:virtio_vdpa DEADLINE:u32:60000
	CHANGER=$PID
	being_changed() { change_refused EBUSY attribute=DEV_NAME 'being given another driver already' v0 none; }
	wait_until 10 being_changed

	knob "$ODD" stuck_set_status 0
	wait "$BINDER"
	wait "$CHANGER"

	has_driver v0 virtio_vdpa
	assert_equal "$(override_of v0)" virtio_vdpa
	vdpa dev del v0
	wait_until 10 grep -q dev_removed "$WATCHED"
	assert_equal "$(grep -oE '^dev_(un)?bound' "$WATCHED")" $'dev_bound\ndev_unbound'
}

@test "a driver that is just being bound when another one is asked for, or none, is there again once that is called off" {
	binding v0

	run -2 change v0 vhost_vdpa DEADLINE:u32:300
	assert_equal "$(line errno)" ETIMEDOUT
	assert_match "$(line message)" 'a driver still probes device v0'
	run -2 nl_raw dev-del DEV_NAME:str:v0 DEADLINE:u32:300
	assert_equal "$(line errno)" ETIMEDOUT
	assert_match "$(line message)" 'a driver still probes device v0'
	change_refused EBUSY attribute=DEV_NAME 'a driver still probes device v0' v0 none DEADLINE:u32:300

	knob "$ODD" stuck_set_status 0
	wait "$BINDER"
	wait_until 20 has_driver v0 virtio_vdpa
	assert_equal "$(override_of v0)" '(null)'
	wait_until 20 free
}

@test "a parent that goes while a device waits for its driver answers who asked" {
	with_driver v0 vhost_vdpa
	node=$(vhost_node v0)
	hold v0 --status 1
	start nl_raw dev-driver-set DEV_NAME:str:v0 DEV_DRIVER:str:virtio_vdpa DEADLINE:u32:60000
	CHANGER=$PID
	ANSWER=$OUT
	wait_until 10 no_node "$node"
	start rmmod vdpa_test_parent
	GOING=$PID
	wait_until 10 parent_hidden

	release
	wait "$GOING"
	run -2 wait "$CHANGER"
	grep -qx errno=ENODEV "$ANSWER"
	grep -q 'management device is going away' "$ANSWER"
}

@test "a parent that goes deletes a device whose deletion was called off, and nobody takes that over" {
	with_driver v0 vhost_vdpa
	hold v0 --status 1
	run -2 nl_raw dev-del DEV_NAME:str:v0 DEADLINE:u32:300
	assert_equal "$(line errno)" ETIMEDOUT
	start rmmod vdpa_test_parent
	GOING=$PID
	# It waits for the driver, and is past what it does before.
	wait_until 10 grep -qs device_release_driver "/proc/$GOING/stack"

	kernel_refuses EBUSY attribute=DEV_NAME 'v0 is being deleted already' dev-del DEV_NAME:str:v0 DEADLINE:u32:60000
	change_refused EBUSY attribute=DEV_NAME 'v0 is being deleted already' v0 none DEADLINE:u32:60000

	release
	wait "$GOING"
	[ ! -e "$BUS/devices/v0" ]
}

@test "only who may change devices gives them drivers" {
	with_driver v0 none

	run -2 as_nobody nl_raw dev-driver-set DEV_NAME:str:v0 DEV_DRIVER:str:vhost_vdpa
	assert_equal "$(line errno)" EPERM
}
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$VDPA_CLIENTS/$1" "${@:2}"; }

# What it was created with

@test "a device tells what it was created with, and no more" {
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET" DEV_NET_CFG_MACADDR:hex:525400123456 \
		DEV_NET_CFG_MTU:u16:9000 DEV_DRIVER:str:none
	nl_raw dev-new DEV_NAME:str:n1 "MGMTDEV_DEV_NAME:str:$NET" DEV_DRIVER:str:none

	# MAC, then MTU, each with its header
	assert_equal "$(field dev-get n0 DEV_CREATED_WITH)" 0a:00:0a:00:52:54:00:12:34:56:00:00:06:00:0d:00:28:23:00:00
	assert_equal "$(field dev-get n1 DEV_CREATED_WITH)" ''
	nl_raw dev-attr-set DEV_NAME:str:n0 DEV_NET_CFG_MACADDR:hex:525400123457
	assert_match "$(field dev-get n0 DEV_CREATED_WITH)" '52:54:00:12:34:56'
}
