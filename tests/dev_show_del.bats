#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Showing and deleting devices.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
	load_parent unmanaged=u0
}

@test "without devices dev show prints nothing, and that is no error" {
	run -0 --separate-stderr "$VDPA_TOOL" dev show
	[ -z "$output$stderr" ]

	run -0 --separate-stderr "$VDPA_TOOL" -j dev show
	[ "$(jq -c . <<<"$output")" = '{"dev":{}}' ]
}

@test "every device is shown with its type, parent, vendor and queues" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"
	"$VDPA_TOOL" dev add name p0 mgmtdev "$ON_BUS"

	run -0 "$VDPA_TOOL" -j dev show

	jq -e '.dev | keys_unsorted == ["n0", "b0", "p0"]' <<<"$output"
	jq -e '.dev.n0 | .type == "network" and .mgmtdev == "vdpatest_net" and .vendor_id == 32343 and
		.max_vqs == 9 and .max_vq_size == 256 and .min_vq_size == 4' <<<"$output"
	jq -e '.dev.b0 | .type == "block" and .mgmtdev == "vdpatest_blk" and .max_vqs == 2' <<<"$output"
	jq -e '.dev.p0.mgmtdev == "platform/vdpatest_bus.0"' <<<"$output"
}

@test "the independent client sees the same, attribute by attribute" {
	"$VDPA_TOOL" dev add name p0 mgmtdev "$ON_BUS"

	run -0 fields dev-get p0

	[ "$output" = "$(cat <<-END
		MGMTDEV_BUS_NAME=platform
		MGMTDEV_DEV_NAME=vdpatest_bus.0
		DEV_NAME=p0
		DEV_ID=1
		DEV_VENDOR_ID=32343
		DEV_MAX_VQS=9
		DEV_MAX_VQ_SIZE=256
		DEV_MIN_VQ_SIZE=4
		DEV_STATE=0
		DEV_STATUS=0
		DEV_CAPS=12
		DEV_TRANSITIONS=0
		$(grep EVENT_SEQ= <<<"$output")
		DEV_CREATED_WITH=
	END
	)" ]
}

@test "one device is shown by its name" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET"

	run -0 "$VDPA_TOOL" -j dev show n1
	jq -e '.dev | keys == ["n1"]' <<<"$output"
}

@test "dev show says which driver and which node a device has" {
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	run -0 "$VDPA_TOOL" -j dev show n0

	jq -e --arg node "$(vhost_node n0)" '.dev.n0 | .driver == "vhost_vdpa" and .chardev == $node' <<<"$output"
}

@test "dev show tells what a device was created with, and who has its character device open" {
	load_bus_drivers vhost_vdpa
	run -0 "$VDPA_TOOL" -j dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56 mtu 9000 max_vqp 2 driver vhost_vdpa \
		device_features MTU,MAC,MQ,CTRL_VQ,VERSION_1,ACCESS_PLATFORM
	jq -e --arg node "$(vhost_node n0)" '.dev.n0 | .driver == "vhost_vdpa" and .chardev == $node and
		.mac == "52:54:00:12:34:56"' <<<"$output"
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" driver none
	hold n0

	run -0 "$VDPA_TOOL" -j dev show n0
	jq -e --argjson pid "$HOLDER" '.dev.n0 | .driver_override == "vhost_vdpa" and .created_with == {
		"mac": "52:54:00:12:34:56", "mtu": 9000, "max_vqp": 2, "device_features": "0x300420028"
	} and .opened_by == [{"pid": $pid, "name": "vhost_hold"}]' <<<"$output"
	run -0 "$VDPA_TOOL" -j dev show
	jq -e '.dev.n1 | .driver_override == "none" and .created_with == {} and (has("driver") | not)' <<<"$output"
	jq -e '.dev.n0 | has("opened_by") | not' <<<"$output"

	# By the command he is found, although he has done nothing yet
	node=$(vhost_node n0)
	command_refuses 2 "n0 is in use: $node is open, vhost_hold, pid $HOLDER" dev set n0 driver none
	release
	run -0 "$VDPA_TOOL" -j dev show n0
	jq -e '.dev.n0.opened_by == []' <<<"$output"
}

@test "a driver is set by command" {
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" driver none

	"$VDPA_TOOL" dev set n0 driver vhost_vdpa
	has_driver n0 vhost_vdpa
	"$VDPA_TOOL" dev set name n0 driver none deadline 5000
	[ -z "$(driver_of n0)" ]

	command_refuses 2 'no vdpa bus driver named nobody is loaded .modprobe nobody.*DEV_DRIVER' dev set n0 driver nobody
	command_refuses 2 'no vdpa bus driver named nobody' dev add name n1 mgmtdev "$NET" driver nobody
	command_refuses 1 'exactly one of mac, mtu and driver' dev set n0
	command_refuses 1 '"deadline" goes with "driver"' dev set n0 mac 52:54:00:12:34:56 deadline 5
	command_refuses 1 'driver "" is empty' dev set n0 driver ''
	command_refuses 2 'no device named n9' dev set n9 driver none
}

@test "a device that does not exist is refused by name" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	for request in dev-get dev-config-get dev-del; do
		kernel_refuses ENODEV attribute=DEV_NAME n9 "$request" DEV_NAME:str:n9
	done
	command_refuses 2 n9 dev show n9
	command_refuses 2 n9 dev config show n9
	command_refuses 2 n9 dev del n9
}

@test "a request without a device's name is refused" {
	for request in dev-get dev-config-get dev-del; do
		kernel_refuses EINVAL missing=DEV_NAME . "$request"
	done
	command_refuses 1 . dev del
	command_refuses 1 . dev show ''
	command_refuses 1 . dev del ''
}

@test "a device without management device is neither shown nor deleted by request" {
	run -0 devices
	[ -z "$output" ]

	for request in dev-get dev-config-get dev-del; do
		kernel_refuses EINVAL attribute=DEV_NAME u0 "$request" DEV_NAME:str:u0
	done
	command_refuses 2 u0 dev show u0
	command_refuses 2 u0 dev del u0
	exists u0
}

@test "a name that only begins like a device's is not that device's" {
	"$VDPA_TOOL" dev add name net0 mgmtdev "$NET"

	kernel_refuses ENODEV attribute=DEV_NAME . dev-del DEV_NAME:str:net
	kernel_refuses ENODEV attribute=DEV_NAME . dev-del DEV_NAME:str:net00
	kernel_refuses ENODEV attribute=DEV_NAME . dev-del DEV_NAME:raw:net
	kernel_refuses ENODEV attribute=DEV_NAME . dev-del DEV_NAME:str:NET0
}

@test "a deleted device is gone from the kernel, and its name is free again" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET"

	run -0 "$VDPA_TOOL" dev del n0
	[ -z "$output" ]

	[ "$(devices)" = n1 ]
	gone n0
	command_refuses 2 n0 dev del n0
	"$VDPA_TOOL" dev add name n0 mgmtdev "$BLK"
	[ "$(field dev-get n0 DEV_ID)" = 2 ]
}

@test "deleting a device takes it from its bus driver, and the driver's node goes with it" {
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	node=$(vhost_node n0)
	[ -c "$node" ]

	"$VDPA_TOOL" dev del n0

	gone n0
	[ ! -e "$node" ]
}

@test "a network interface over virtio_vdpa goes with its device" {
	load_bus_drivers virtio_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56 \
		device_features "$(printf '0x%x' $((F_MAC | F_STATUS | F_VERSION_1 | F_ACCESS_PLATFORM)))"
	has_driver n0 virtio_vdpa
	modprobe virtio_net
	netdevs() { ip -j link show | jq -r '.[] | select(.address == "52:54:00:12:34:56").ifname'; }
	interface_there() { [ "$(netdevs)" ]; }
	interface_gone() { [ -z "$(netdevs)" ]; }
	wait_until 10 interface_there
	run -0 "$VDPA_TOOL" -j dev show n0
	jq -e --arg netdev "$(netdevs)" '.dev.n0 | .driver == "virtio_vdpa" and .netdev == $netdev' <<<"$output"

	"$VDPA_TOOL" dev del n0

	gone n0
	interface_gone
}

@test "a closed or full standard output is an error of its own, but not where there is nothing to print" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	for sink in '>&-' '>/dev/full'; do
		for what in 'dev show' '-j dev show n0' 'dev config show' '-j dev config show'; do
			run bash -c "\"$VDPA_TOOL\" $what $sink"
			[ "$status" -eq 1 ]
			[[ $output = *'standard output'* ]]
		done
	done

	"$VDPA_TOOL" dev del n0 >&-
	gone n0
}

@test "a name is taken in the form in which it is shown, whatever bytes it has" {
	for name in $'n\xff' 'n\xff' 'n\x5cxff' 'n\x'; do
		nl_raw dev-new DEV_NAME:str:"$name" "MGMTDEV_DEV_NAME:str:$NET"
		shown=$("$VDPA_TOOL" -j dev show | jq -r '.dev | keys[]')
		run -0 "$VDPA_TOOL" -j dev show "$shown"
		assert_equal "$(jq -r '.dev | keys[]' <<<"$output")" "$shown"
		"$VDPA_TOOL" dev del "$shown"
		[ -z "$(devices)" ]
	done
	kernel_has=$'n\xff'
	"$VDPA_TOOL" dev add name 'n\xff' mgmtdev "$NET"
	exists "$kernel_has"
	command_refuses 2 '^vdpa: n.x5cxff: no device named' dev show 'n\x5cxff'
	command_refuses 1 "has a '/' in it" dev show 'n\x2f'
}
