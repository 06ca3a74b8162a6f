#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A device can be found from when its parent has created it until its parent begins to unregister it, and is whole meanwhile.
# processors: 2

load lib/state

# again N COMMAND ATTRIBUTE… - as many requests, one after the other, whatever is answered; what was, errno by errno, is in $OUT.
again() {
	local i requests=()

	for ((i = 0; i < $1; i++)); do
		requests+=(--next "${@:2}")
	done
	start "$VDPA_CLIENTS/nl_raw" "${requests[@]:1}"
}

# Sysfs has a directory of that name where the simulated parents' devices are.
@test "a device that sysfs has no room for is not found by those who delete, show or suspend it at that moment" {
	local added asked=() request

	load_sim ours net
	for request in dev-del dev-del dev-get dev-suspend; do
		again 400 "$request" DEV_NAME:str:platform
		asked+=("$PID")
	done
	again 200 dev-new DEV_NAME:str:platform "MGMTDEV_DEV_NAME:str:$NET"
	added=$OUT
	for process in "$PID" "${asked[@]}"; do
		wait_until 60 ended "$process"
	done

	assert_equal "$(grep -c '^errno=' "$added")" 200
	assert_equal "$(grep '^errno=' "$added" | sort -u)" 'errno=EEXIST'
	for file in "$BATS_TEST_TMPDIR"/tmp.*; do
		[ "$file" = "$added" ] || assert_equal "$(grep '^errno=' "$file" | sort -u)" 'errno=ENODEV'
	done
	vdpa dev add name n0 mgmtdev "$NET"
	vdpa dev del n0
}

@test "a device is found when its parent has created it, not while a driver's probe keeps the parent" {
	load_core ours
	load_parent
	modprobe virtio_vdpa	# and no driver of the class: the test parent's devices would keep it waiting
	watch
	knob_of_test_parent() { echo "$2" >"/sys/kernel/debug/vdpa_test_parent/vdpatest_net/$1"; }
	knob_of_test_parent stuck_set_status 1
	start "$VDPA_TOOL" dev add name n0 mgmtdev vdpatest_net
	adding=$PID
	wait_until 10 test -e /sys/bus/vdpa/devices/n0

	kernel_refuses ENODEV attribute=DEV_NAME 'n0 is just being created' dev-get DEV_NAME:str:n0
	kernel_refuses ENODEV attribute=DEV_NAME 'n0 is just being created' dev-del DEV_NAME:str:n0
	kernel_refuses EEXIST attribute=DEV_NAME 'n0 is taken' dev-new DEV_NAME:str:n0 MGMTDEV_DEV_NAME:str:vdpatest_net
	[ -z "$(devices)" ]
	alive "$adding"
	run ! said "$WATCHED" 'dev_added dev n0'

	knob_of_test_parent stuck_set_status 0
	wait_until 10 ended "$adding"
	wait "$adding"
	assert_equal "$(devices)" n0
	wait_until 10 said "$WATCHED" 'dev_added dev n0'
	assert_equal "$(grep -n -m1 'dev_added dev n0' "$WATCHED")" "$(grep -n -m1 'dev n0' "$WATCHED")"
	vdpa dev del n0
}

@test "drivers that bind while their device is deleted leave none behind" {
	local binding i

	load_sim ours blk
	load_bus_drivers vhost_vdpa
	start bash -c 'while [ ! -e "$1" ]; do echo b0 >/sys/bus/vdpa/drivers/vhost_vdpa/bind; echo b0 >/sys/bus/vdpa/drivers/vhost_vdpa/unbind; done' \
		bind "$BATS_TEST_TMPDIR/enough"
	binding=$PID
	for ((i = 0; i < 40; i++)); do
		nl_raw dev-new DEV_NAME:str:b0 "MGMTDEV_DEV_NAME:str:$BLK" --next dev-del DEV_NAME:str:b0
	done
	touch "$BATS_TEST_TMPDIR/enough"
	wait_until 10 ended "$binding"
	[ -z "$(devices)" ]
	gone b0
}

@test "drivers that come and go while the configuration changes all the time do no harm, and the next one hears of what happens" {
	local changing i

	load_sim ours blk
	load_bus_drivers vhost_vdpa
	user_devices "$BLK" b0
	start bash -c 'n=1000; while [ ! -e "$1" ]; do echo $((n += 8)) >"$2"; done' changing "$BATS_TEST_TMPDIR/enough" \
		"$KNOBS/$BLK/devices/b0/capacity"
	changing=$PID
	# It sets a callback, breaks a ring, and takes whatever it hears first for the device's failure.
	for ((i = 0; i < 20; i++)); do
		run "$VMM" "$(vhost_of b0)" break head-index
		assert_match "$status: $output" '^(0: head-index: needs reset|2: vdpa_vmm: head-index: the device does not ask)'
	done
	touch "$BATS_TEST_TMPDIR/enough"
	wait_until 10 ended "$changing"

	run "$VMM" "$(vhost_of b0)" break head-index
	assert_equal "$status: $output" $'0: head-index: needs reset\nhead-index: works again'
	vdpa dev del b0
}
