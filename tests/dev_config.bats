#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The configuration of devices, what can be set in it, and their statistics.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
	load_parent unmanaged=u0
}

# The values are those that the test parent gives (vtp_init_net(), vtp_init_blk()).

@test "a network device's configuration is shown field by field" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56 mtu 9000 max_vqp 3

	run -0 fields dev-config-get n0
	[ "$output" = "$(cat <<-END
		DEV_NAME=n0
		DEV_ID=1
		DEV_FEATURES=$NET_FEATURES
		DEV_NET_CFG_MTU=9000
		DEV_NET_CFG_MACADDR=52:54:00:12:34:56
		DEV_NET_STATUS=1
		DEV_NET_CFG_MAX_VQP=3
	END
	)" ]

	run -0 "$VDPA_TOOL" -j dev config show n0
	jq -e '.config.n0 | .mac == "52:54:00:12:34:56" and .link == "up" and .link_announce == false and
		.max_vq_pairs == 3 and .mtu == 9000' <<<"$output"
}

@test "a network device shows no field whose feature it lacks" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" device_features "$(printf '0x%x' "$F_VERSION_1")"

	run -0 fields dev-config-get n0
	[ "$output" = $'DEV_NAME=n0\nDEV_ID=1\nDEV_FEATURES=0x100000000' ]
}

@test "a block device's configuration is shown field by field" {
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"

	run -0 fields dev-config-get b0
	[ "$output" = "$(cat <<-END
		DEV_NAME=b0
		DEV_ID=2
		DEV_FEATURES=0x300007646
		DEV_BLK_CFG_CAPACITY=1250999896491
		DEV_BLK_CFG_SIZE_MAX=65536
		DEV_BLK_CFG_BLK_SIZE=4096
		DEV_BLK_CFG_SEG_MAX=126
		DEV_BLK_CFG_NUM_QUEUES=2
		DEV_BLK_CFG_PHY_BLK_EXP=3
		DEV_BLK_CFG_ALIGN_OFFSET=1
		DEV_BLK_CFG_MIN_IO_SIZE=8
		DEV_BLK_CFG_OPT_IO_SIZE=2048
		DEV_BLK_CFG_MAX_DISCARD_SEC=8388607
		DEV_BLK_CFG_MAX_DISCARD_SEG=17
		DEV_BLK_CFG_DISCARD_SEC_ALIGN=16
		DEV_BLK_CFG_MAX_WRITE_ZEROES_SEC=4194303
		DEV_BLK_CFG_MAX_WRITE_ZEROES_SEG=9
		DEV_BLK_READ_ONLY=0
		DEV_BLK_FLUSH=1
	END
	)" ]
}

@test "our command shows a block device's configuration, every field of it" {
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"

	run -0 "$VDPA_TOOL" -j dev config show b0

	for value in 1250999896491 65536 4096 126 2048 8388607 17 16 4194303 9; do
		jq -e --argjson value "$value" '[.config.b0 | ..] | index($value) != null' <<<"$output" ||
			fail "no $value in $output"
	done
}

@test "a block device shows no field whose feature it lacks, but always capacity, read-only and flush" {
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK" device_features "$(printf '0x%x' $((F_VERSION_1 | F_BLK_RO)))"

	run -0 fields dev-config-get b0
	[ "$output" = "$(cat <<-END
		DEV_NAME=b0
		DEV_ID=2
		DEV_FEATURES=0x100000020
		DEV_BLK_CFG_CAPACITY=1250999896491
		DEV_BLK_READ_ONLY=1
		DEV_BLK_FLUSH=0
	END
	)" ]
}

@test "a device of a class without known fields shows its name, class and features, and hides no other" {
	"$VDPA_TOOL" dev add name c0 mgmtdev "$ODD"
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	"$VDPA_TOOL" dev add name c1 mgmtdev "$ODD"
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"

	run -0 fields dev-config-get c0
	[ "$output" = $'DEV_NAME=c0\nDEV_ID=20\nDEV_FEATURES=0x300000000' ]

	run -0 nl_raw --dump dev-config-get
	[ "$(sed -n 's/^DEV_NAME=//p' <<<"$output" | paste -sd ' ')" = 'c0 n0 c1 b0' ]

	run -0 "$VDPA_TOOL" -j dev config show
	jq -e '.config | keys_unsorted == ["c0", "n0", "c1", "b0"]' <<<"$output"
}

@test "the driver's features are shown once they are negotiated, and not before" {
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	hold n0 --status 3
	[ -z "$(field dev-config-get n0 DEV_NEGOTIATED_FEATURES)" ]
	release

	hold n0 --status 11 --features $((F_VERSION_1 | F_MAC | F_ACCESS_PLATFORM))
	[ $(($(field dev-config-get n0 DEV_NEGOTIATED_FEATURES))) -eq $((F_VERSION_1 | F_MAC | F_ACCESS_PLATFORM)) ]
	run -0 "$VDPA_TOOL" -j dev config show n0
	jq -e '.config.n0.negotiated_features == ["MAC", "VERSION_1", "ACCESS_PLATFORM"]' <<<"$output"
	release

	[ -z "$(field dev-config-get n0 DEV_NEGOTIATED_FEATURES)" ]
}

@test "asking for a configuration does not count as a driver's negotiation" {
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	hold n0 --status 3

	"$VDPA_TOOL" dev config show n0

	run -0 fields dev-config-get n0
	[[ $output != *NEGOTIATED* ]]
}

# dev set

@test "a network device's MAC is changed" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56

	run -0 "$VDPA_TOOL" dev set name n0 mac 52:54:00:65:43:21
	[ -z "$output" ]

	[ "$(field dev-config-get n0 DEV_NET_CFG_MACADDR)" = 52:54:00:65:43:21 ]
}

@test "an MTU is set where the parent can, and else refused" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	kernel_refuses EOPNOTSUPP attribute=DEV_NET_CFG_MTU "$NET refused the change" dev-attr-set DEV_NAME:str:n0 DEV_NET_CFG_MTU:u16:1400
	command_refuses 2 "$NET refused the change" dev set n0 mtu 1400
	command_refuses 1 67 dev set n0 mtu 67

	load_sim_net
	"$VDPA_TOOL" dev add name s0 mgmtdev vdpasim_net
	"$VDPA_TOOL" dev set s0 mtu 1400
	[ "$(field dev-config-get s0 DEV_NET_CFG_MTU)" = 1400 ]
	command_refuses 2 'vdpasim_net refused the change' dev set s0 mtu 9217
}
load_sim_net() {
	modprobe vhost_iotlb
	insmod "$VDPA_KO/sim/vdpa_sim.ko"
	insmod "$VDPA_KO/sim/vdpa_sim_net.ko"
}

@test "of a device that is active it is said that driver and guest keep the old address" {
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56
	run -0 --separate-stderr "$VDPA_TOOL" dev set name n0 mac 52:54:00:65:43:20
	[ -z "$stderr" ]
	hold n0 --status 15

	run -0 --separate-stderr "$VDPA_TOOL" dev set name n0 mac 52:54:00:65:43:21

	assert_match "$stderr" 'driver and guest of n0 keep the MAC address until a reset'
	[ -z "$output" ]
	[ "$(field dev-config-get n0 DEV_NET_CFG_MACADDR)" = 52:54:00:65:43:21 ]
}

@test "a MAC that no interface can have is refused, and the old one stays" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56

	for mac in 000000000000 01005e000001 ffffffffffff; do
		kernel_refuses EOPNOTSUPP attribute=DEV_NET_CFG_MACADDR MAC \
			dev-attr-set DEV_NAME:str:n0 "DEV_NET_CFG_MACADDR:hex:$mac"
	done
	for mac in 5254 52540012345678; do
		kernel_refuses 'EINVAL|ERANGE' attribute=DEV_NET_CFG_MACADDR . \
			dev-attr-set DEV_NAME:str:n0 "DEV_NET_CFG_MACADDR:hex:$mac"
	done
	command_refuses 1 01:00:5e:00:00:01 dev set name n0 mac 01:00:5e:00:00:01
	command_refuses 1 00:00:00:00:00:00 dev set name n0 mac 00:00:00:00:00:00
	command_refuses 1 52:54 dev set name n0 mac 52:54
}

@test "setting nothing, or on nothing, is refused" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	kernel_refuses EOPNOTSUPP missing=DEV_NET_CFG_MACADDR 'nothing to set for device n0' dev-attr-set DEV_NAME:str:n0
	kernel_refuses EINVAL attribute=DEV_NET_CFG_MTU 'one attribute is set at a time' dev-attr-set DEV_NAME:str:n0 \
		DEV_NET_CFG_MACADDR:hex:525400123456 DEV_NET_CFG_MTU:u16:1400
	kernel_refuses EINVAL missing=DEV_NAME . dev-attr-set DEV_NET_CFG_MACADDR:hex:525400123456
	kernel_refuses ENODEV attribute=DEV_NAME n9 dev-attr-set DEV_NAME:str:n9 DEV_NET_CFG_MACADDR:hex:525400123456
	kernel_refuses EINVAL attribute=DEV_NAME u0 dev-attr-set DEV_NAME:str:u0 DEV_NET_CFG_MACADDR:hex:525400123456
	command_refuses 1 mac dev set name n0
	command_refuses 1 name dev set mac 52:54:00:12:34:56
	command_refuses 2 n9 dev set name n9 mac 52:54:00:12:34:56
}

@test "a MAC for a device that is no network device is refused" {
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"
	"$VDPA_TOOL" dev add name m0 mgmtdev "$MULTI"
	[ "$(field dev-get m0 DEV_ID)" = 2 ]

	for name in b0 m0; do
		kernel_refuses EOPNOTSUPP attribute=DEV_NET_CFG_MACADDR "$name" \
			dev-attr-set "DEV_NAME:str:$name" DEV_NET_CFG_MACADDR:hex:525400123456
		command_refuses 2 "$name" dev set name "$name" mac 52:54:00:12:34:56
	done
}

@test "a MAC for a device whose parent cannot change it is refused" {
	"$VDPA_TOOL" dev add name p0 mgmtdev "$ON_BUS" mac 52:54:00:12:34:56

	kernel_refuses EOPNOTSUPP attribute=DEV_NET_CFG_MACADDR p0 \
		dev-attr-set DEV_NAME:str:p0 DEV_NET_CFG_MACADDR:hex:525400000001
	command_refuses 2 p0 dev set name p0 mac 52:54:00:00:00:01
}

@test "a MAC that the parent refuses is refused with its errno, and the old one stays" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56
	knob "$NET" set_attr_errno 5

	kernel_refuses EIO attribute=DEV_NET_CFG_MACADDR "management device $NET refused the change" \
		dev-attr-set DEV_NAME:str:n0 DEV_NET_CFG_MACADDR:hex:525400000001
	command_refuses 2 "$NET refused the change" dev set name n0 mac 52:54:00:00:00:01
	assert_match "$("$VDPA_TOOL" dev config show n0)" 'mac 52:54:00:12:34:56'
}

# dev vstats

@test "a network device's counters are shown, each queue its own" {
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	hold n0 --status 11

	run -0 nl_raw dev-vstats-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:1
	[ "$output" = "$(cat <<-END
		DEV_NAME=n0
		DEV_ID=1
		DEV_NEGOTIATED_FEATURES=$NET_FEATURES
		DEV_NET_CFG_MAX_VQP=4
		DEV_QUEUE_INDEX=1
		DEV_VENDOR_ATTR_NAME=received_desc
		DEV_VENDOR_ATTR_VALUE=2000
		DEV_VENDOR_ATTR_NAME=completed_desc
		DEV_VENDOR_ATTR_VALUE=2001

		errno=0
	END
	)" ]

	run -0 "$VDPA_TOOL" -j dev vstats show n0 qidx 3
	jq -e '[.. | objects | select(has("received_desc"))][0] | .received_desc == 4000 and .completed_desc == 4001' \
		<<<"$output"
}

@test "counters of a device whose driver has not negotiated yet are refused" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	kernel_refuses EAGAIN - negotiat dev-vstats-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0
	command_refuses 2 negotiat dev vstats show n0 qidx 0
}

@test "counters of a queue that there is not are refused" {
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	hold n0 --status 11

	for queue in 9 100 32768; do
		kernel_refuses EINVAL attribute=DEV_QUEUE_INDEX n0 \
			dev-vstats-get DEV_NAME:str:n0 "DEV_QUEUE_INDEX:u32:$queue"
		command_refuses 2 . dev vstats show n0 qidx "$queue"
	done
	for queue in 32769 65536 4294967295; do
		kernel_refuses ERANGE attribute=DEV_QUEUE_INDEX . \
			dev-vstats-get DEV_NAME:str:n0 "DEV_QUEUE_INDEX:u32:$queue"
	done
	command_refuses 1 4294967296 dev vstats show n0 qidx 4294967296
	command_refuses 1 -1 dev vstats show n0 qidx -1
}

@test "counters of a device that has none are refused" {
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"
	"$VDPA_TOOL" dev add name c0 mgmtdev "$ODD"

	for name in b0 c0; do
		kernel_refuses EOPNOTSUPP - "$name" \
			dev-vstats-get "DEV_NAME:str:$name" DEV_QUEUE_INDEX:u32:0
		command_refuses 2 "$name" dev vstats show "$name" qidx 0
	done
}

@test "asking for counters without device or queue is refused" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	kernel_refuses EINVAL missing=DEV_NAME . dev-vstats-get DEV_QUEUE_INDEX:u32:0
	kernel_refuses EINVAL missing=DEV_QUEUE_INDEX . dev-vstats-get DEV_NAME:str:n0
	kernel_refuses ENODEV attribute=DEV_NAME n9 dev-vstats-get DEV_NAME:str:n9 DEV_QUEUE_INDEX:u32:0
	kernel_refuses EINVAL attribute=DEV_NAME u0 dev-vstats-get DEV_NAME:str:u0 DEV_QUEUE_INDEX:u32:0
	command_refuses 1 qidx dev vstats show n0 qidx
	command_refuses 2 n9 dev vstats show n9 qidx 0
}
