#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900
# Our core in the place of the distribution's: what worked on that one works on this one.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
}

SIZE=$((16 << 20))

# a_disk_in_use - v0 is a device of vduse, whose $IMAGE qemu-storage-daemon serves, and $DISK the disk that virtio_vdpa made
# of it.
a_disk_in_use() {
	IMAGE=$BATS_TEST_TMPDIR/disk
	truncate -s "$SIZE" "$IMAGE"
	load_bus_drivers virtio_vdpa
	start_vduse_disk v0 "$IMAGE" "$@"
	USERS=$(vduse_users)
	"$VDPA_TOOL" dev add name v0 mgmtdev vduse
	wait_until 20 disk_there
	DISK=/dev/$(basename "$BUS"/devices/v0/virtio*/block/*)
}

vduse_users() { cat /sys/module/vduse/refcnt; }
disk_there() { compgen -G "$BUS/devices/v0/virtio*/block/*/size" >/dev/null && [ -b "/dev/$(basename "$BUS"/devices/v0/virtio*/block/*)" ]; }

# theirs_in_ours OURS THEIRS - every field of iproute2's JSON has the same value in ours, and the objects' keys the same
# order, but for the blanks in iproute2's keys.
theirs_in_ours() {
	jq -en --argjson ours "$1" --argjson theirs "$2" '
		def fixed: walk(if type == "object" then with_entries(.key |= rtrimstr(" ")) else . end);
		def value($path): reduce $path[] as $key (.; if type == "array" or type == "object" then .[$key] else null end);
		def keys_in_order: [paths(type == "object") as $path | {path: $path, keys: (getpath($path) | keys_unsorted)}];

		($theirs | fixed) as $theirs |
		[$theirs | paths(scalars)] as $paths |
		($paths | length > 0) and
		all($paths[]; . as $path | ($theirs | getpath($path)) == ($ours | value($path))) and
		all($theirs | keys_in_order[]; . as $there |
			($ours | value($there.path) | keys_unsorted | map(select(IN($there.keys[])))) == $there.keys)
	' >/dev/null || fail "ours: $1" "theirs: $2"
}

# The disk of a vduse parent

@test "a vduse disk works through virtio_vdpa: what fio writes it reads back" {
	a_disk_in_use

	fio --name=verify --filename="$DISK" --ioengine=psync --rw=randwrite --bs=4k --size=4m --verify=crc32c \
		--do_verify=1 --verify_fatal=1 --direct=1 --output-format=json --output="$BATS_TEST_TMPDIR/fio"

	jq -e '.jobs[0] | .error == 0 and .write.total_ios >= 1024 and .read.total_ios >= 1024' "$BATS_TEST_TMPDIR/fio"
}

@test "what is written to the disk is in the file behind it once the device is deleted" {
	a_disk_in_use
	dd if=/dev/urandom of="$BATS_TEST_TMPDIR/data" bs=1M count=2 status=none

	dd if="$BATS_TEST_TMPDIR/data" of="$DISK" bs=64k oflag=direct conv=fsync status=none
	"$VDPA_TOOL" dev del v0

	[ ! -e "$DISK" ]
	cmp -n $((2 << 20)) "$BATS_TEST_TMPDIR/data" "$IMAGE"
}

@test "a vduse disk shows its configuration, and where it is used" {
	a_disk_in_use num-queues=2

	run -0 "$VDPA_TOOL" -j mgmtdev show vduse
	jq -e '.mgmtdev.vduse.supported_classes | index("block") != null' <<<"$output"

	run -0 "$VDPA_TOOL" -j dev show v0
	jq -e --arg disk "$DISK" '.dev.v0 | .type == "block" and .mgmtdev == "vduse" and .max_vqs == 2 and
		.driver == "virtio_vdpa" and .blockdev == $disk' <<<"$output"

	[ "$(field dev-config-get v0 DEV_BLK_CFG_CAPACITY)" -eq $((SIZE / 512)) ]
	[ "$(field dev-config-get v0 DEV_BLK_CFG_NUM_QUEUES)" -eq 2 ]
	[ $(($(field dev-config-get v0 DEV_NEGOTIATED_FEATURES) & F_VERSION_1)) -ne 0 ]
}

@test "a vduse device is added and deleted again and again, and its daemon can go in any order" {
	a_disk_in_use
	"$VDPA_TOOL" dev del v0
	# Linux 7.3's vduse, on its own core too, takes a reference to itself at each add, and gives back one when its daemon ends:
	# a second add of the same device would keep it loaded for good.
	# (On others the module is unloaded after each test, which shows that there are none left.)
	rounds=3
	[[ $(uname -r) != 7.* ]] || (($(vduse_users) == USERS)) || rounds=0

	for ((round = 0; round < rounds; round++)); do
		"$VDPA_TOOL" dev add name v0 mgmtdev vduse
		wait_until 20 disk_there
		"$VDPA_TOOL" dev del v0
	done
	command_refuses 2 '^vdpa: v9: no program offers vduse a device named v9 \(there is no /dev/vduse/v9\)' \
		dev add name v9 mgmtdev vduse

	stop_vduse_disk v0
	[ ! -e /dev/vduse/v0 ]
}

# vhost_vdpa

@test "vhost_vdpa of the distribution takes a device, and its node answers" {
	load_parent
	load_bus_drivers vhost_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	has_driver n0 vhost_vdpa

	run -0 "$VDPA_CLIENTS/vhost_hold" --status 15 --show "$(vhost_node n0)"

	[ "$output" = "$(cat <<-END
		open
		device_id=1
		features=$NET_FEATURES
		status=15
		vring_num=256
		config_size=24
		vqs_count=9
		iova_range=0x0-0xffffffffffffffff
	END
	)" ]
}

@test "vhost_vdpa drives a vduse disk" {
	truncate -s "$SIZE" "$BATS_TEST_TMPDIR/disk"
	load_bus_drivers vhost_vdpa
	start_vduse_disk v0 "$BATS_TEST_TMPDIR/disk"
	"$VDPA_TOOL" dev add name v0 mgmtdev vduse

	run -0 "$VDPA_CLIENTS/vhost_hold" --status 11 --show "$(vhost_node v0)"
	[[ $output = *device_id=2* ]]
	[[ $output = *status=11* ]]

	"$VDPA_TOOL" dev del v0
}

# The bus

@test "driver_override decides which driver a device gets" {
	load_parent
	load_bus_drivers vhost_vdpa
	modprobe virtio_vdpa
	"$VDPA_TOOL" dev add name c0 mgmtdev "$ODD"
	has_driver c0 vhost_vdpa

	echo virtio_vdpa >"$BUS/devices/c0/driver_override"
	echo c0 >"$BUS/drivers/vhost_vdpa/unbind"
	[ -z "$(driver_of c0)" ]
	run bash -c "echo c0 >$BUS/drivers/vhost_vdpa/bind"
	[ "$status" -ne 0 ]
	[ -z "$(driver_of c0)" ]
	echo c0 >"$BUS/drivers_probe"
	has_driver c0 virtio_vdpa

	echo >"$BUS/devices/c0/driver_override"
	echo c0 >"$BUS/drivers/virtio_vdpa/unbind"
	echo c0 >"$BUS/drivers/vhost_vdpa/bind"
	has_driver c0 vhost_vdpa
}

@test "without automatic probing a device waits until a driver is bound by hand" {
	load_parent
	load_bus_drivers vhost_vdpa
	modprobe virtio_vdpa
	echo 0 >"$BUS/drivers_autoprobe"

	"$VDPA_TOOL" dev add name c0 mgmtdev "$ODD"
	[ -z "$(driver_of c0)" ]
	echo c0 >"$BUS/drivers/virtio_vdpa/bind"
	has_driver c0 virtio_vdpa
	echo c0 >"$BUS/drivers/virtio_vdpa/unbind"
	[ -z "$(driver_of c0)" ]
	"$VDPA_TOOL" dev del c0
	gone c0
}

# iproute2's command

@test "iproute2's command and ours see the same, field by field" {
	load_parent
	load_bus_drivers vhost_vdpa
	modprobe vduse
	"$IPROUTE_VDPA" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56 mtu 9000 max_vqp 2
	"$IPROUTE_VDPA" dev add name p0 mgmtdev "$ON_BUS"
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" device_features 0x300020000
	hold n0 --status 11

	for parent in "$NET" "$ON_BUS" vduse; do
		theirs_in_ours "$("$VDPA_TOOL" -j mgmtdev show "$parent")" "$("$IPROUTE_VDPA" -j mgmtdev show "$parent")"
	done
	theirs_in_ours "$("$VDPA_TOOL" -j dev show)" "$("$IPROUTE_VDPA" -j dev show)"
	theirs_in_ours "$("$VDPA_TOOL" -j dev config show)" "$("$IPROUTE_VDPA" -j dev config show)"
	for name in n0 n1 p0; do
		theirs_in_ours "$("$VDPA_TOOL" -j dev show "$name")" "$("$IPROUTE_VDPA" -j dev show "$name")"
	done
	for name in n0 p0; do	# of n1's features iproute2 shows nothing
		theirs_in_ours "$("$VDPA_TOOL" -j dev config show "$name")" "$("$IPROUTE_VDPA" -j dev config show "$name")"
	done
	theirs_in_ours "$("$VDPA_TOOL" -j dev vstats show n0 qidx 1)" "$("$IPROUTE_VDPA" -j dev vstats show n0 qidx 1)"
}

@test "iproute2's command adds, shows and deletes on our core as on the distribution's" {
	load_parent

	"$IPROUTE_VDPA" dev add name n0 mgmtdev "$NET" mac 52:54:00:12:34:56
	"$IPROUTE_VDPA" dev add name b0 mgmtdev "$BLK"
	[ "$("$IPROUTE_VDPA" -j dev show | jq -c '.dev | keys')" = '["b0","n0"]' ]
	run "$IPROUTE_VDPA" dev add name n0 mgmtdev "$NET"
	[ "$status" -ne 0 ]
	[[ $output = *'File exists'* ]]
	run "$IPROUTE_VDPA" dev show n9
	[ "$status" -ne 0 ]
	[[ $output = *n9* ]]

	"$IPROUTE_VDPA" dev del n0
	"$IPROUTE_VDPA" dev del b0
	[ -z "$(devices)" ]
}
