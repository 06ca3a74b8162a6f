#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Showing management devices: one, all, none, the wrong one.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
}

@test "without parents there are no management devices, and that is no error" {
	run -0 --separate-stderr "$VDPA_TOOL" mgmtdev show
	[ -z "$output$stderr" ]

	run -0 --separate-stderr "$VDPA_TOOL" -j mgmtdev show
	[ "$(jq -c . <<<"$output")" = '{"mgmtdev":{}}' ]
}

@test "every management device is shown, with class, limits and features" {
	load_parent

	"$VDPA_TOOL" -j mgmtdev show >"$BATS_TEST_TMPDIR/all"

	jq -e --arg on_bus "$ON_BUS" '.mgmtdev | keys_unsorted ==
		["vdpatest_net", "vdpatest_blk", "vdpatest_odd", "vdpatest_multi", $on_bus]' "$BATS_TEST_TMPDIR/all"
	jq -e '.mgmtdev.vdpatest_net == {
		"supported_classes": ["net"], "max_supported_vqs": 9,
		"dev_features": ["MTU", "MAC", "STATUS", "CTRL_VQ", "MQ", "CTRL_MAC_ADDR", "VERSION_1", "ACCESS_PLATFORM"],
		"dev_add": [
			{ "keyword": "device_features" }, { "keyword": "mac" }, { "keyword": "mtu", "min": 68, "max": 65535 },
			{ "keyword": "max_vqp", "min": 1, "max": 4 }, { "keyword": "driver" }
		]
	}' "$BATS_TEST_TMPDIR/all"
	jq -e '.mgmtdev.vdpatest_multi.supported_classes == ["net", "block"]' "$BATS_TEST_TMPDIR/all"
	jq -e '.mgmtdev.vdpatest_blk.max_supported_vqs == 2' "$BATS_TEST_TMPDIR/all"
}

@test "the independent client sees bus, name, classes, queues and features of each" {
	load_parent parents=blk,bus

	run -0 nl_raw --dump mgmtdev-get

	assert_equal "$output" "$(cat <<-END
		MGMTDEV_DEV_NAME=vdpatest_blk
		MGMTDEV_SUPPORTED_CLASSES=0x4
		DEV_MGMTDEV_MAX_VQS=2
		DEV_SUPPORTED_FEATURES=$BLK_FEATURES
		EVENT_SEQ=2
		MGMTDEV_DEV_NEW_ATTRS=0x100000

		MGMTDEV_BUS_NAME=platform
		MGMTDEV_DEV_NAME=vdpatest_bus.0
		MGMTDEV_SUPPORTED_CLASSES=0x2
		DEV_MGMTDEV_MAX_VQS=9
		DEV_SUPPORTED_FEATURES=$NET_FEATURES
		EVENT_SEQ=2
		MGMTDEV_DEV_NEW_ATTRS=0x400

		errno=0
	END
	)"
}

@test "one management device is shown by its name, with its bus where it has one" {
	load_parent

	run -0 "$VDPA_TOOL" -j mgmtdev show "$BLK"
	jq -e '.mgmtdev | keys == ["vdpatest_blk"]' <<<"$output"

	run -0 "$VDPA_TOOL" -j mgmtdev show "$ON_BUS"
	jq -e --arg name "$ON_BUS" '.mgmtdev | keys == [$name]' <<<"$output"

	run -0 nl_raw mgmtdev-get MGMTDEV_BUS_NAME:str:platform MGMTDEV_DEV_NAME:str:vdpatest_bus.0
	[ "${lines[1]}" = MGMTDEV_DEV_NAME=vdpatest_bus.0 ]
}

@test "a management device that does not exist is refused by name" {
	load_parent

	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME nowhere mgmtdev-get MGMTDEV_DEV_NAME:str:nowhere
	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME pci/nowhere \
		mgmtdev-get MGMTDEV_BUS_NAME:str:pci MGMTDEV_DEV_NAME:str:nowhere
	command_refuses 2 nowhere mgmtdev show nowhere
	command_refuses 2 pci/nowhere mgmtdev show pci/nowhere
}

@test "bus and name have to belong together" {
	load_parent

	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME "platform/$NET" \
		mgmtdev-get MGMTDEV_BUS_NAME:str:platform "MGMTDEV_DEV_NAME:str:$NET"
	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME vdpatest_bus.0 mgmtdev-get MGMTDEV_DEV_NAME:str:vdpatest_bus.0
	command_refuses 2 "platform/$NET" mgmtdev show "platform/$NET"
	command_refuses 2 vdpatest_bus.0 mgmtdev show vdpatest_bus.0
}

@test "asking for one management device without naming it is refused" {
	load_parent

	kernel_refuses EINVAL missing=MGMTDEV_DEV_NAME . mgmtdev-get
	kernel_refuses EINVAL missing=MGMTDEV_DEV_NAME . mgmtdev-get MGMTDEV_BUS_NAME:str:platform
	command_refuses 1 . mgmtdev show ''
	command_refuses 1 . mgmtdev show "$NET" "$BLK"
}

@test "a name that only begins like a management device's is not that one's" {
	load_parent

	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME . mgmtdev-get MGMTDEV_DEV_NAME:str:vdpatest_ne
	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME . mgmtdev-get MGMTDEV_DEV_NAME:str:vdpatest_nett
	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME . mgmtdev-get MGMTDEV_DEV_NAME:raw:vdpatest_ne
}

@test "a closed or full standard output is an error of its own" {
	load_parent

	for sink in '>&-' '>/dev/full'; do
		for json in '' -j; do
			run bash -c "\"$VDPA_TOOL\" $json mgmtdev show $sink"
			[ "$status" -eq 1 ]
			[[ $output = *'standard output'* ]]
		done
	done
}
