#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Messages as no sane client sends them: the kernel takes no harm, says what is wrong, and changes nothing.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
	load_parent
	nl_raw dev-new DEV_NAME:str:v0 "MGMTDEV_DEV_NAME:str:$NET"
}

# Names without terminator

@test "a device's name may come without terminator" {
	run -0 nl_raw dev-get DEV_NAME:raw:v0
	[[ $output = *DEV_NAME=v0* ]]

	nl_raw dev-new DEV_NAME:raw:v1 "MGMTDEV_DEV_NAME:raw:$NET"
	[ "$(devices)" = $'v0\nv1' ]

	nl_raw dev-del DEV_NAME:raw:v1
	[ "$(devices)" = v0 ]
}

@test "a name without terminator at the very end of the message is not read past" {
	run -0 nl_raw --no-tail dev-get DEV_NAME:raw:v0
	[[ $output = *DEV_NAME=v0* ]]

	nl_raw --no-tail dev-new "MGMTDEV_DEV_NAME:raw:$NET" DEV_NAME:raw:v1
	[ "$(devices)" = $'v0\nv1' ]

	nl_raw --no-tail dev-new DEV_NAME:raw:v2 "MGMTDEV_DEV_NAME:raw:$NET"
	nl_raw --no-tail dev-del DEV_NAME:raw:v2
	run -0 nl_raw --no-tail mgmtdev-get "MGMTDEV_DEV_NAME:raw:$NET"
	[[ $output = *"MGMTDEV_DEV_NAME=$NET"* ]]
}

@test "the padding behind a name without terminator is not part of it" {
	run -0 nl_raw --pad 0x58 dev-get DEV_NAME:raw:v0
	[[ $output = *DEV_NAME=v0* ]]

	nl_raw --pad 0x58 dev-new DEV_NAME:raw:v1 "MGMTDEV_DEV_NAME:raw:$NET"
	nl_raw --pad 0x58 dev-new "MGMTDEV_DEV_NAME:raw:$NET" DEV_NAME:raw:v2
	[ "$(devices)" = $'v0\nv1\nv2' ]
	exists v1 && exists v2

	nl_raw --pad 0x58 dev-del DEV_NAME:raw:v1
	[ "$(devices)" = $'v0\nv2' ]
}

@test "a name of 63 bytes without terminator is accepted, one of 64 is not" {
	name=$(printf 'n%.0s' {1..63})

	nl_raw dev-new "DEV_NAME:raw:$name" "MGMTDEV_DEV_NAME:str:$NET"
	exists "$name"

	kernel_refuses 'EINVAL|ERANGE' attribute=DEV_NAME . dev-new "DEV_NAME:raw:${name}n" "MGMTDEV_DEV_NAME:str:$NET"
}

@test "a bus name without terminator is refused, as it always was" {
	kernel_refuses EINVAL attribute=MGMTDEV_BUS_NAME . \
		mgmtdev-get MGMTDEV_BUS_NAME:raw:platform MGMTDEV_DEV_NAME:str:vdpatest_bus.0
}

# Wrong lengths

@test "a message cut off in the middle of an attribute is refused" {
	# The last attribute: 4 bytes of header, 13 of name, 3 of padding.
	for cut in 4 5 16 17 19; do
		kernel_refuses EINVAL - . --cut "$cut" dev-new DEV_NAME:str:v1 "MGMTDEV_DEV_NAME:str:$NET"
	done
	kernel_refuses EINVAL missing=MGMTDEV_DEV_NAME . --cut 20 dev-new DEV_NAME:str:v1 "MGMTDEV_DEV_NAME:str:$NET"
}

@test "a message without attributes, or without its header, is refused" {
	kernel_refuses EINVAL missing=DEV_NAME . --cut 8 dev-del DEV_NAME:str:v0

	for cut in 9 10 11 12; do
		unchanged nl_raw --unchanged --cut "$cut" dev-del DEV_NAME:str:v0
		[ "$status" -eq 2 ]
		[ "$(line errno)" = EINVAL ]
	done
}

@test "an attribute that claims to be longer than the message is refused" {
	for length in 9 100 65535; do
		kernel_refuses EINVAL - . --attr-len "$length" dev-del DEV_NAME:str:v0
	done
}

@test "an attribute that claims to be shorter than its own header is refused" {
	for length in 0 1 3; do
		kernel_refuses EINVAL - . --attr-len "$length" dev-del DEV_NAME:str:v0
	done
}

@test "numbers of the wrong size are refused" {
	for attr in DEV_NET_CFG_MTU:u8:200 DEV_NET_CFG_MTU:u32:1500 DEV_NET_CFG_MTU:none \
		DEV_NET_CFG_MAX_VQP:u8:1 DEV_NET_CFG_MAX_VQP:u32:1 DEV_NET_CFG_MAX_VQP:none \
		DEV_FEATURES:u32:32 DEV_FEATURES:hex:2000000000000000000000 DEV_FEATURES:none; do
		kernel_refuses 'EINVAL|ERANGE' "attribute=${attr%%:*}" . \
			dev-new DEV_NAME:str:v1 "MGMTDEV_DEV_NAME:str:$NET" "$attr"
	done
	for attr in DEV_QUEUE_INDEX:u8:0 DEV_QUEUE_INDEX:u16:0 DEV_QUEUE_INDEX:u64:0 DEV_QUEUE_INDEX:none; do
		kernel_refuses 'EINVAL|ERANGE' attribute=DEV_QUEUE_INDEX . dev-vstats-get DEV_NAME:str:v0 "$attr"
	done
}

# Attributes that have no business there

@test "an attribute of unknown number is refused" {
	for type in 37 64 127 255 1000; do
		kernel_refuses EINVAL "attribute=$type" . \
			dev-new DEV_NAME:str:v1 "MGMTDEV_DEV_NAME:str:$NET" "$type:u32:1"
		kernel_refuses EINVAL "attribute=$type" . dev-del DEV_NAME:str:v0 "$type:u32:1"
	done
}

@test "an attribute that only replies carry is refused in a request" {
	for attr in DEV_ID:u32:1 DEV_VENDOR_ID:u32:1 DEV_MAX_VQS:u32:1 MGMTDEV_SUPPORTED_CLASSES:u64:2 \
		DEV_NEGOTIATED_FEATURES:u64:1 DEV_BLK_CFG_CAPACITY:u64:1 DEV_BLK_READ_ONLY:u8:1; do
		kernel_refuses EINVAL "attribute=${attr%%:*}" . \
			dev-new DEV_NAME:str:v1 "MGMTDEV_DEV_NAME:str:$NET" "$attr"
	done
}

@test "of an attribute that comes twice the last one counts, as everywhere in netlink" {
	nl_raw dev-new DEV_NAME:str:lost DEV_NAME:str:v1 "MGMTDEV_DEV_NAME:str:nowhere" "MGMTDEV_DEV_NAME:str:$NET"

	[ "$(devices)" = $'v0\nv1' ]
}

@test "bytes behind a name's terminator are not part of it" {
	run -0 nl_raw dev-get DEV_NAME:hex:7630007878
	[[ $output = *DEV_NAME=v0* ]]
}

# Commands that there are not

@test "a command that the family does not have is refused" {
	for command in 0 9 63 255 mgmtdev-new; do
		unchanged nl_raw --unchanged "$command" DEV_NAME:str:v0
		[ "$status" -eq 2 ]
		[ "$(line errno)" = EOPNOTSUPP ]
	done
}

@test "a dump of a command that has none is refused" {
	for command in dev-new dev-del dev-attr-set; do
		unchanged nl_raw --unchanged --dump "$command" DEV_NAME:str:v0
		[ "$status" -eq 2 ]
		[ "$(line errno)" = EOPNOTSUPP ]
	done
}
