#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600
# /dev/vhost-vdpa/by-name/DEV, by the rule for udev.

load lib/common
load lib/devices

LINKS=/dev/vhost-vdpa/by-name

setup() {
	common_setup
	load_core ours
	load_parent
	load_bus_drivers vhost_vdpa
	mkdir -p /run/udev/rules.d
	sed "s,@LIBEXECDIR@,$VDPA_TOP/contrib/udev," "$VDPA_TOP/contrib/udev/60-vdpa.rules" >/run/udev/rules.d/60-vdpa.rules
	/lib/systemd/systemd-udevd >"$BATS_TEST_TMPDIR/udevd" 2>&1 3>&- &
	UDEVD=$!
	wait_until 20 test -S /run/udev/control
}

teardown() {
	local rc=0

	finish_off -TERM "$UDEVD" || rc=1
	rm -rf /run/udev /dev/vhost-vdpa
	clear_knobs
	end_started || rc=1
	common_teardown || rc=1
	return "$rc"
}

links_to() { [ "$(readlink -f "$LINKS/$1")" = "$2" ]; }
no_link() { [ ! -L "$LINKS/$1" ]; }

@test "a device that vhost_vdpa has can be opened by its name, whatever its number is" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	"$VDPA_TOOL" dev add name 'a b$(x)' mgmtdev "$NET"
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" driver none

	wait_until 20 links_to n0 "$(vhost_node n0)"
	wait_until 20 links_to 'a b$(x)' "$(vhost_node 'a b$(x)')"
	[ -c "$LINKS/n0" ]
	no_link n1
}

@test "the name goes with the driver and with the device, and comes again" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" driver vhost_vdpa
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" driver none
	wait_until 20 links_to n0 "$(vhost_node n0)"

	"$VDPA_TOOL" dev set n1 driver vhost_vdpa
	wait_until 20 links_to n1 "$(vhost_node n1)"
	"$VDPA_TOOL" dev set n0 driver none
	wait_until 20 no_link n0
	"$VDPA_TOOL" dev set n0 driver vhost_vdpa
	wait_until 20 links_to n0 "$(vhost_node n0)"

	"$VDPA_TOOL" dev del n0
	wait_until 20 no_link n0
	links_to n1 "$(vhost_node n1)"
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" driver vhost_vdpa
	wait_until 20 links_to n0 "$(vhost_node n0)"
}

@test "devices that were there before udev are found when it looks at all there is" {
	finish_off -TERM "$UDEVD"
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	/lib/systemd/systemd-udevd >"$BATS_TEST_TMPDIR/udevd" 2>&1 3>&- &
	UDEVD=$!
	wait_until 20 udevadm control --ping
	no_link n0

	udevadm trigger --action=add --subsystem-match=vdpa

	wait_until 20 links_to n0 "$(vhost_node n0)"
}
