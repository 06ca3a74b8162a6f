#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Adding devices: all that is accepted, all that is refused, by our command and by a client that sends what it never would.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
	load_parent max_devs=3 unmanaged=u0
}

# add NAME MGMTDEV [ATTRIBUTE…] - the request as the independent client sends it
add() {
	local parent=("MGMTDEV_DEV_NAME:str:${2##*/}")

	[[ $2 != */* ]] || parent+=("MGMTDEV_BUS_NAME:str:${2%/*}")
	nl_raw dev-new "DEV_NAME:str:$1" "${parent[@]}" "${@:3}"
}

# add_refused ERRNO WHERE PATTERN ATTRIBUTE… - adding n0 to the network parent with these attributes is refused
add_refused() {
	kernel_refuses "$1" "$2" "$3" dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET" "${@:4}"
}

# Accepted

@test "a network device gets the MAC, MTU, queue pairs and features it is added with" {
	features=$((F_MAC | F_MTU | F_MQ | F_CTRL_VQ | F_VERSION_1 | F_ACCESS_PLATFORM))

	run -0 "$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56 mtu 9000 max_vqp 2 \
		device_features "$(printf '0x%x' "$features")"
	assert_match "$output" '^n0: type network mgmtdev vdpatest_net .* mac 52:54:00:12:34:56'

	[ "$(field dev-config-get n0 DEV_NET_CFG_MACADDR)" = 52:54:00:12:34:56 ]
	[ "$(field dev-config-get n0 DEV_NET_CFG_MTU)" = 9000 ]
	[ "$(field dev-config-get n0 DEV_NET_CFG_MAX_VQP)" = 2 ]
	[ $(($(field dev-config-get n0 DEV_FEATURES))) -eq "$features" ]
	[ "$(field dev-get n0 DEV_MAX_VQS)" = 5 ]
}

# features_of NAMES - what a device has that is added with them
features_of() {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" device_features "$1" >/dev/null
	field dev-config-get n0 DEV_FEATURES
	"$VDPA_TOOL" dev del n0
}

@test "features are named: these, all, all but these" {
	assert_equal "$(features_of MAC,CTRL_VQ,VERSION_1)" "$(printf '0x%x' $((F_MAC | F_CTRL_VQ | F_VERSION_1)))"
	assert_equal "$(features_of bit_5,bit_32)" "$(printf '0x%x' $((F_MAC | F_VERSION_1)))"
	assert_equal "$(features_of all)" "$NET_FEATURES"
	for names in -MQ,-MTU all,-MTU,-MQ; do
		assert_equal "$(features_of "$names")" "$(printf '0x%x' $((NET_FEATURES & ~F_MQ & ~F_MTU)))"
	done
}

@test "features are named in a batch with several requests under way, too" {
	echo 0 >/sys/module/vdpa_test_parent/parameters/max_devs
	for i in 1 2 3; do
		echo "dev add name n$i mgmtdev $NET device_features -MQ"
		echo "dev add name m$i mgmtdev $NET"
		echo "dev add name n$i mgmtdev $NET device_features MQ,CTRL_VQ,VERSION_1"
		echo "dev add name o$i mgmtdev $NET device_features FLUSH"
	done >"$BATS_TEST_TMPDIR/batch"

	run -2 --separate-stderr "$VDPA_TOOL" -force -parallel 64 -batch "$BATS_TEST_TMPDIR/batch"

	assert_equal "$(devices | paste -sd ' ')" 'm1 m2 m3 n1 n2 n3'
	assert_equal "$(grep -c 'does not offer the feature FLUSH' <<<"$stderr")" 3
	assert_equal "$(grep -c 'is taken' <<<"$stderr")" 3
	assert_equal "$(field dev-config-get n3 DEV_FEATURES)" "$(printf '0x%x' $((NET_FEATURES & ~F_MQ)))"
}

@test "a device without any attribute gets what its parent gives by itself" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"
	"$VDPA_TOOL" dev add name c0 mgmtdev "$ODD"

	[ "$(field dev-config-get n0 DEV_FEATURES)" = "$NET_FEATURES" ]
	[ "$(field dev-get b0 DEV_ID)" = 2 ]
	[ "$(field dev-get c0 DEV_ID)" = 20 ]
}

@test "a management device on a bus is named with its bus" {
	"$VDPA_TOOL" dev add name p0 mgmtdev "$ON_BUS" mac 52:54:00:00:00:01

	[ "$(field dev-get p0 MGMTDEV_BUS_NAME)" = platform ]
	[ "$(field dev-get p0 MGMTDEV_DEV_NAME)" = vdpatest_bus.0 ]
	[ "$(field dev-config-get p0 DEV_NET_CFG_MACADDR)" = 52:54:00:00:00:01 ]
}

@test "a management device of several classes makes a network device of network attributes" {
	"$VDPA_TOOL" dev add name m0 mgmtdev "$MULTI" mac 52:54:00:00:00:02
	[ "$(field dev-get m0 DEV_ID)" = 1 ]
}

@test "a management device of several classes accepts features that mean the same for each class" {
	"$VDPA_TOOL" dev add name m0 mgmtdev "$MULTI" device_features "$(printf '0x%x' $((F_VERSION_1 | F_ACCESS_PLATFORM)))"
	[ "$(field dev-config-get m0 DEV_FEATURES)" = 0x300000000 ]
}

@test "the smallest and the largest MTU, the smallest and the largest number of queue pairs are accepted" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mtu 68 max_vqp 1
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" mtu 65535 max_vqp 4

	[ "$(field dev-config-get n0 DEV_NET_CFG_MTU)" = 68 ]
	[ "$(field dev-get n0 DEV_MAX_VQS)" = 3 ]
	[ "$(field dev-config-get n1 DEV_NET_CFG_MTU)" = 65535 ]
	[ "$(field dev-get n1 DEV_MAX_VQS)" = 9 ]
}

@test "one queue pair needs no multiqueue feature" {
	add n0 "$NET" DEV_NET_CFG_MAX_VQP:u16:1 "DEV_FEATURES:u64:$F_VERSION_1"
	[ "$(field dev-get n0 DEV_MAX_VQS)" = 2 ]
}

@test "names of one byte, of 63 bytes, with dots, colons, blanks and letters of any script are accepted" {
	local name

	for name in v "$(printf 'n%.0s' {1..63})" eth0.5 ..a a.. a:b 'a b' größe; do
		"$VDPA_TOOL" dev add name "$name" mgmtdev "$NET"
		[ "$(devices)" = "$name" ]
		[ -e "$BUS/devices/$name" ]
		"$VDPA_TOOL" dev del "$name"
	done
}

@test "the version in the request's header is not judged" {
	local version

	for version in 0 1 2 255; do
		nl_raw --version "$version" dev-new "DEV_NAME:str:n$version" "MGMTDEV_DEV_NAME:str:$NET"
		nl_raw --version "$version" dev-del "DEV_NAME:str:n$version"
	done
}

# Refused: the name

@test "a name that a device has already is refused" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"

	add_refused EEXIST attribute=DEV_NAME n0
	kernel_refuses EEXIST attribute=DEV_NAME n0 dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$BLK"
	command_refuses 2 n0 dev add name n0 mgmtdev "$NET"
	command_refuses 2 n0 dev add name n0 mgmtdev "$BLK"
}

@test "the name of a device without management device is refused" {
	kernel_refuses EEXIST attribute=DEV_NAME u0 dev-new DEV_NAME:str:u0 "MGMTDEV_DEV_NAME:str:$NET"
	command_refuses 2 u0 dev add name u0 mgmtdev "$NET"
}

@test "an empty name is refused" {
	kernel_refuses EINVAL attribute=DEV_NAME empty dev-new DEV_NAME:str: "MGMTDEV_DEV_NAME:str:$NET"
	kernel_refuses ERANGE attribute=DEV_NAME . dev-new DEV_NAME:none "MGMTDEV_DEV_NAME:str:$NET"
	command_refuses 1 name dev add name '' mgmtdev "$NET"
}

@test "a name of 64 bytes or more is refused" {
	local length

	for length in 64 255 256 2000; do
		kernel_refuses EINVAL attribute=DEV_NAME 63 \
			dev-new "DEV_NAME:fill:$length" "MGMTDEV_DEV_NAME:str:$NET"
	done
	command_refuses 1 '63' dev add name "$(printf 'n%.0s' {1..64})" mgmtdev "$NET"
}

@test "a name with a slash is refused" {
	local name

	for name in / a/b /a a/ ../x; do
		kernel_refuses EINVAL attribute=DEV_NAME "'/'|slash" dev-new "DEV_NAME:str:$name" "MGMTDEV_DEV_NAME:str:$NET"
		command_refuses 1 "'/'|slash" dev add name "$name" mgmtdev "$NET"
	done
}

@test "the names . and .. are refused" {
	local name

	for name in . ..; do
		kernel_refuses EINVAL attribute=DEV_NAME '[.]' dev-new "DEV_NAME:str:$name" "MGMTDEV_DEV_NAME:str:$NET"
		command_refuses 1 '[.]' dev add name "$name" mgmtdev "$NET"
	done
}

@test "a name with a control character is refused, and the message does not repeat it" {
	local byte

	for byte in 01 09 0a 1b 1f 7f; do
		kernel_refuses EINVAL attribute=DEV_NAME 'control' \
			dev-new "DEV_NAME:hex:61${byte}6200" "MGMTDEV_DEV_NAME:str:$NET"
		[[ $output != *"$(printf '%b' "a\\x${byte}b")"* ]]
		command_refuses 1 'control' dev add name "$(printf '%b' "a\\x${byte}b")" mgmtdev "$NET"
		[[ $stderr != *"$(printf '%b' "a\\x${byte}b")"* ]]
	done
}

@test "a request without name is refused" {
	kernel_refuses EINVAL missing=DEV_NAME . dev-new "MGMTDEV_DEV_NAME:str:$NET"
	command_refuses 1 name dev add mgmtdev "$NET"
}

# Refused: the management device

@test "a management device that does not exist is refused" {
	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME nowhere dev-new DEV_NAME:str:n0 MGMTDEV_DEV_NAME:str:nowhere
	command_refuses 2 nowhere dev add name n0 mgmtdev nowhere
}

@test "a management device on a bus that does not exist, or not on this one, is refused" {
	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME 'pci/vdpatest_bus.0' dev-new DEV_NAME:str:n0 \
		MGMTDEV_BUS_NAME:str:pci MGMTDEV_DEV_NAME:str:vdpatest_bus.0
	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME "nobus/$NET" dev-new DEV_NAME:str:n0 \
		MGMTDEV_BUS_NAME:str:nobus "MGMTDEV_DEV_NAME:str:$NET"
	command_refuses 2 'pci/vdpatest_bus.0' dev add name n0 mgmtdev pci/vdpatest_bus.0
	command_refuses 2 "platform/$NET" dev add name n0 mgmtdev "platform/$NET"
}

@test "a management device on a bus is not found without its bus" {
	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME 'vdpatest_bus.0' dev-new DEV_NAME:str:n0 \
		MGMTDEV_DEV_NAME:str:vdpatest_bus.0
	command_refuses 2 vdpatest_bus.0 dev add name n0 mgmtdev vdpatest_bus.0
}

@test "a request without management device is refused" {
	kernel_refuses EINVAL missing=MGMTDEV_DEV_NAME . dev-new DEV_NAME:str:n0
	kernel_refuses EINVAL missing=MGMTDEV_DEV_NAME . dev-new DEV_NAME:str:n0 MGMTDEV_BUS_NAME:str:platform
	command_refuses 1 mgmtdev dev add name n0
}

@test "an empty name of a management device is refused" {
	kernel_refuses ENODEV attribute=MGMTDEV_DEV_NAME . dev-new DEV_NAME:str:n0 MGMTDEV_DEV_NAME:str:
	command_refuses 1 mgmtdev dev add name n0 mgmtdev ''
	command_refuses 1 mgmtdev dev add name n0 mgmtdev platform/
	command_refuses 1 mgmtdev dev add name n0 mgmtdev "/$NET"
}

# Refused: network attributes

@test "a MAC address of wrong length is refused" {
	local mac

	for mac in 52 5254001234 52540012345678; do
		add_refused 'E(INVAL|RANGE)' attribute=DEV_NET_CFG_MACADDR . "DEV_NET_CFG_MACADDR:hex:$mac"
	done
	add_refused 'E(INVAL|RANGE)' attribute=DEV_NET_CFG_MACADDR . DEV_NET_CFG_MACADDR:none
	for mac in 52:54:00:12:34 52:54:00:12:34:56:78 52:54:00:12:34:5g '' nonsense 525400123456 52:54:00:12:34:; do
		command_refuses 1 "$mac" dev add name n0 mgmtdev "$NET" mac "$mac"
	done
}

@test "a MAC address that is all zero is refused" {
	add_refused EINVAL attribute=DEV_NET_CFG_MACADDR '00:00:00:00:00:00|zero' DEV_NET_CFG_MACADDR:hex:000000000000
	command_refuses 1 '00:00:00:00:00:00' dev add name n0 mgmtdev "$NET" mac 00:00:00:00:00:00
}

@test "a multicast or broadcast MAC address is refused" {
	add_refused EINVAL attribute=DEV_NET_CFG_MACADDR '01:00:5e:00:00:01|multicast' DEV_NET_CFG_MACADDR:hex:01005e000001
	add_refused EINVAL attribute=DEV_NET_CFG_MACADDR 'ff:ff|multicast' DEV_NET_CFG_MACADDR:hex:ffffffffffff
	command_refuses 1 '01:00:5e:00:00:01' dev add name n0 mgmtdev "$NET" mac 01:00:5e:00:00:01
	command_refuses 1 'ff:ff:ff:ff:ff:ff' dev add name n0 mgmtdev "$NET" mac ff:ff:ff:ff:ff:ff
}

@test "an MTU below 68 is refused" {
	local mtu

	for mtu in 0 1 67; do
		add_refused ERANGE attribute=DEV_NET_CFG_MTU . "DEV_NET_CFG_MTU:u16:$mtu"
		command_refuses 1 68 dev add name n0 mgmtdev "$NET" mtu "$mtu"
	done
}

@test "an MTU that is no number of 16 bits is refused" {
	local mtu

	for mtu in 65536 -1 1500x '' 1e3; do
		command_refuses 1 mtu dev add name n0 mgmtdev "$NET" mtu "$mtu"
	done
}

@test "no queue pairs at all are refused" {
	add_refused EINVAL attribute=DEV_NET_CFG_MAX_VQP . DEV_NET_CFG_MAX_VQP:u16:0
	command_refuses 1 max_vqp dev add name n0 mgmtdev "$NET" max_vqp 0
}

@test "more queue pairs than the parent has virtqueues for are refused" {
	local pairs

	for pairs in 5 32768 65535; do
		add_refused EINVAL attribute=DEV_NET_CFG_MAX_VQP '9 virtqueues' "DEV_NET_CFG_MAX_VQP:u16:$pairs"
	done
	command_refuses 2 '9 virtqueues' dev add name n0 mgmtdev "$NET" max_vqp 5
	command_refuses 1 65536 dev add name n0 mgmtdev "$NET" max_vqp 65536
}

@test "features that the parent lacks are refused, and named" {
	add_refused EINVAL attribute=DEV_FEATURES "$NET lacks the features RSS$" \
		"DEV_FEATURES:u64:$((1 << 60 | F_VERSION_1))"
	add_refused EINVAL attribute=DEV_FEATURES "lacks the features CSUM,bit_58,RSS$" \
		"DEV_FEATURES:u64:$((1 << 60 | 1 << 58 | F_VERSION_1 | 1))"
	add_refused EINVAL attribute=DEV_FEATURES 'lacks the features CSUM,GUEST_CSUM,CTRL_GUEST_OFFLOADS,[.]{3}$' \
		"DEV_FEATURES:u64:$((F_VERSION_1 | 0xfffff7))"
	command_refuses 2 'lacks the features RSS' dev add name n0 mgmtdev "$NET" device_features 0x1000000100000000
}

@test "features that virtio allows no device without others are refused, and the others named" {
	add_refused EINVAL attribute=DEV_FEATURES 'a device needs the feature VERSION_1$' "DEV_FEATURES:u64:$F_MAC"
	add_refused EINVAL attribute=DEV_FEATURES 'the feature MQ needs CTRL_VQ$' "DEV_FEATURES:u64:$((F_MQ | F_VERSION_1))"
	add_refused EINVAL attribute=DEV_FEATURES 'the feature CTRL_MAC_ADDR needs CTRL_VQ$' \
		"DEV_FEATURES:u64:$((1 << 23 | F_VERSION_1))"
	kernel_refuses EINVAL attribute=DEV_FEATURES 'a device needs the feature VERSION_1$' \
		dev-new DEV_NAME:str:m0 "MGMTDEV_DEV_NAME:str:$MULTI" "DEV_FEATURES:u64:$F_ACCESS_PLATFORM"
	command_refuses 2 'the feature MQ needs CTRL_VQ' dev add name n0 mgmtdev "$NET" device_features MQ,VERSION_1
	# Bit 22 means something else to a block device
	add m0 "$MULTI" "DEV_FEATURES:u64:$((F_VERSION_1 | F_ACCESS_PLATFORM))"
}

@test "features that are no number of 64 bits are refused" {
	local features

	for features in 0x10000000000000000 0xnonsense ''; do
		command_refuses 1 "$features" dev add name n0 mgmtdev "$NET" device_features "$features"
	done
}

@test "features that the parent lacks are refused by their names, too, as is what no device has" {
	local features

	for features in VERSION_1,CSUM -CSUM all,-CSUM; do
		command_refuses 2 "$NET does not offer the feature CSUM; .*DEV_FEATURES" \
			dev add name n0 mgmtdev "$NET" device_features "$features"
	done
	command_refuses 2 "$NET does not offer the feature FLUSH" dev add name n0 mgmtdev "$NET" device_features FLUSH
	command_refuses 2 "$BLK does not offer the feature MAC" dev add name b0 mgmtdev "$BLK" device_features -MAC
	command_refuses 2 "$NET does not offer the feature bit_58" dev add name n0 mgmtdev "$NET" device_features bit_58
	command_refuses 2 'nobody' dev add name n0 mgmtdev nobody device_features MAC
	command_refuses 1 '"FOO" is not' dev add name n0 mgmtdev "$NET" device_features MAC,FOO
	command_refuses 1 'to have and features to leave out' dev add name n0 mgmtdev "$NET" device_features MAC,-MTU
}

@test "attributes whose feature is not among those asked for are refused" {
	add_refused EINVAL attribute=DEV_FEATURES 'features MAC as well' DEV_NET_CFG_MACADDR:hex:525400123456 "DEV_FEATURES:u64:$F_VERSION_1"
	add_refused EINVAL attribute=DEV_FEATURES 'features MTU as well' DEV_NET_CFG_MTU:u16:1500 "DEV_FEATURES:u64:$F_VERSION_1"
	add_refused EINVAL attribute=DEV_FEATURES 'features MQ as well' DEV_NET_CFG_MAX_VQP:u16:2 "DEV_FEATURES:u64:$F_VERSION_1"
	add_refused EINVAL attribute=DEV_FEATURES 'features MTU,MAC as well' DEV_NET_CFG_MACADDR:hex:525400123456 DEV_NET_CFG_MTU:u16:1500 \
		"DEV_FEATURES:u64:$F_VERSION_1"
	command_refuses 2 'features MTU as well' dev add name n0 mgmtdev "$NET" mtu 1500 device_features 0x100000000
}

@test "network attributes for a block device are refused" {
	local attr

	for attr in DEV_NET_CFG_MACADDR:hex:525400123456 DEV_NET_CFG_MTU:u16:1500 DEV_NET_CFG_MAX_VQP:u16:1; do
		kernel_refuses EOPNOTSUPP "attribute=${attr%%:*}" "$BLK" \
			dev-new DEV_NAME:str:b0 "MGMTDEV_DEV_NAME:str:$BLK" "$attr"
	done
	command_refuses 2 "$BLK" dev add name b0 mgmtdev "$BLK" mac 52:54:00:12:34:56
	command_refuses 2 "$BLK" dev add name b0 mgmtdev "$BLK" mtu 1500
	command_refuses 2 "$BLK" dev add name b0 mgmtdev "$BLK" max_vqp 1
}

@test "network attributes are refused where no network device comes of them, whatever the parent says that it takes" {
	rmmod vdpa_test_parent
	load_parent parents=bare

	kernel_refuses EINVAL attribute=DEV_NET_CFG_MACADDR "$BARE creates no network devices" \
		dev-new DEV_NAME:str:r0 "MGMTDEV_DEV_NAME:str:$BARE" DEV_NET_CFG_MACADDR:hex:525400123456
	command_refuses 2 "$BARE creates no network devices" dev add name r0 mgmtdev "$BARE" mac 52:54:00:12:34:56
	"$VDPA_TOOL" dev add name r0 mgmtdev "$BARE"
}

@test "an attribute that this management device does not take is refused" {
	kernel_refuses EOPNOTSUPP attribute=DEV_NET_CFG_MTU 'vdpatest_bus.0' dev-new DEV_NAME:str:p0 \
		MGMTDEV_BUS_NAME:str:platform MGMTDEV_DEV_NAME:str:vdpatest_bus.0 DEV_NET_CFG_MTU:u16:1500
	kernel_refuses EOPNOTSUPP attribute=DEV_FEATURES "$ODD" dev-new DEV_NAME:str:c0 "MGMTDEV_DEV_NAME:str:$ODD" \
		DEV_FEATURES:u64:0x100000000
	command_refuses 2 vdpatest_bus.0 dev add name p0 mgmtdev "$ON_BUS" mtu 1500
}

@test "features that could be of either class are refused where the class is not said" {
	kernel_refuses EINVAL attribute=DEV_FEATURES "$MULTI" dev-new DEV_NAME:str:m0 "MGMTDEV_DEV_NAME:str:$MULTI" \
		"DEV_FEATURES:u64:$((F_VERSION_1 | F_MAC))"
	command_refuses 2 "$MULTI" dev add name m0 mgmtdev "$MULTI" device_features 0x100000020
}

# Refused: by the parent

@test "what the parent refuses is passed on with its errno and names the parent" {
	knob "$NET" add_errno 5

	add_refused EIO - "$NET"
	command_refuses 2 "$NET" dev add name n0 mgmtdev "$NET"

	knob "$NET" add_errno 0
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
}

@test "one device more than the parent has room for is refused, and one less makes room again" {
	local name

	for name in n1 n2 n3; do
		"$VDPA_TOOL" dev add name "$name" mgmtdev "$NET"
	done
	add_refused ENOSPC - "$NET refuses it: it has as many devices as max_devs says"
	command_refuses 2 "$NET" dev add name n0 mgmtdev "$NET"

	"$VDPA_TOOL" dev del n2
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
}

@test "a parent's reason that comes in a version of the interface which the core does not know is not told" {
	rmmod vdpa_test_parent
	load_parent max_devs=1 refusal_later=1
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET"
	add_refused ENOSPC - "management device $NET refused to create it"
	[[ $(kernel_log) != *'a version that it cannot know'* ]]
}

# Refused: the command line

@test "an unknown word, a word without its value and a word given twice are refused before anything is sent" {
	command_refuses 1 colour dev add name n0 mgmtdev "$NET" colour red
	command_refuses 1 mac dev add name n0 mgmtdev "$NET" mac
	command_refuses 1 name dev add name n0 name n1 mgmtdev "$NET"
}
