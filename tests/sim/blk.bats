#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The simulated disk, under the kernel's driver and under ours.
# time limit: 1200

load ../lib/common
load ../lib/sim

# disk [DEV] - adds a device; what the kernel makes of it is $DISK
disk() {
	local dev=${1:-b0}

	vdpa dev add name "$dev" mgmtdev "$BLK"
	wait_until 20 blockdev_of "$dev" >/dev/null
	DISK=/dev/$(blockdev_of "$dev")
}

# verified JOBS DEPTH SIZE - fio writes each job's part of the disk and reads it back, comparing checksums
verified() {
	fio --name=verified --filename="$DISK" --direct=1 --ioengine=libaio --bsrange=512-64k --rw=randwrite \
		--numjobs="$1" --iodepth="$2" --size="$3" --offset_increment="$3" \
		--verify=crc32c --verify_fatal=1 --group_reporting --minimal
}

zeroes() { cmp -n "$2" -i "$1:0" "$DISK" /dev/zero; }

@test "what fio writes it reads back, with one job and several, one request at a time and many" {
	load_sim ours blk
	load_bus_drivers virtio_vdpa
	disk

	verified 1 1 $((MIB * 16))k
	verified 4 1 $((MIB * 16))k
	verified 1 32 $((MIB * 64))k
	verified 4 32 $((MIB * 32))k
}

@test "on the distribution's core what fio writes it reads back" {
	load_sim distro blk
	load_bus_drivers virtio_vdpa
	disk

	verified 2 8 $((MIB * 16))k
}

@test "discarded and zeroed ranges read as zeroes, and what lies around them stays" {
	load_sim ours blk
	load_bus_drivers virtio_vdpa
	disk
	numbered $((4 << 20)) >"$BATS_TEST_TMPDIR/data"
	dd if="$BATS_TEST_TMPDIR/data" of="$DISK" bs=1M oflag=direct status=none
	start=$((1048576 + 512)) length=$((1048576 + 1024))

	for command in blkdiscard 'blkdiscard -z'; do
		$command -f -o $start -l $length "$DISK"
		zeroes $start $length
		cmp -n $start "$DISK" "$BATS_TEST_TMPDIR/data"
		cmp -i $((start + length)) -n $((4194304 - start - length)) "$DISK" "$BATS_TEST_TMPDIR/data"
		dd if="$BATS_TEST_TMPDIR/data" of="$DISK" bs=1M oflag=direct status=none
	done

	blkdiscard -f "$DISK"
	zeroes 0 $((4 << 20))
}

@test "a file system is made, filled, unmounted, mounted again, found intact and clean" {
	load_sim ours blk
	load_bus_drivers virtio_vdpa
	disk
	mkfs.ext4 -q "$DISK"
	mkdir -p /mnt/sim
	mount -o discard "$DISK" /mnt/sim

	for i in 1 2 3 4; do
		numbered $((MIB * 131072)) >"/mnt/sim/file$i"
	done
	rm /mnt/sim/file2
	sums=$(cd /mnt/sim && sha256sum file*)
	umount /mnt/sim
	fsck.ext4 -fn "$DISK"

	mount "$DISK" /mnt/sim
	assert_equal "$(cd /mnt/sim && sha256sum file*)" "$sums"
	umount /mnt/sim
}

@test "a driver in user space reads back what it wrote, over one queue and over four, and each request is counted" {
	for va in 1 0; do
		load_sim ours blk use_va=$va
		load_bus_drivers vhost_vdpa
		vdpa dev add name b0 mgmtdev "$BLK"
		vdpa dev add name b1 mgmtdev "$BLK"

		run "$VMM" "$(vhost_of b0)" blk count 500 depth 1
		assert_equal "$status: $output" $'0: written 500\nread 500\nwrong 0'

		start "$VMM" "$(vhost_of b1)" blk count 4000 depth 20 queues 4 hold 1
		wait_until 60 said "$OUT" holding
		assert_equal "$(cat "$OUT")" $'written 4000\nread 4000\nwrong 0\nholding'
		assert_equal "$(blk_sum requests) $(blk_sum errors)" '8000 0'
		assert_equal "$(blk_sum writes) $(blk_sum reads)" '4000 4000'
		assert_equal "$(blk_sum 'written bytes') $(blk_sum 'read bytes')" "$((4000 * 4096)) $((4000 * 4096))"
		assert_equal "$(blk_sum received_desc) $(blk_sum completed_desc)" '8000 8000'
		end_started
		unload_all
	done
}

# The core has statistics of network devices only where it is the distribution's; ours has them of all.
blk_sum() { vstat_sum b1 "$1" 0 1 2 3; }

@test "devices with one store share their data, others do not" {
	load_sim ours blk
	load_bus_drivers virtio_vdpa
	knob "$BLK" store pool
	disk b0 && one=$DISK
	disk b1 && two=$DISK
	knob "$BLK" store ''
	disk b2 && other=$DISK
	assert_equal "$(cat "$KNOBS/$BLK/devices/b1/store") $(cat "$KNOBS/$BLK/devices/b2/store")" 'pool '

	numbered $((1 << 20)) >"$BATS_TEST_TMPDIR/data"
	dd if="$BATS_TEST_TMPDIR/data" of="$one" bs=64k oflag=direct status=none
	dd if="$two" of="$BATS_TEST_TMPDIR/got" bs=64k count=16 iflag=direct status=none
	cmp "$BATS_TEST_TMPDIR/got" "$BATS_TEST_TMPDIR/data"
	cmp -n $((1 << 20)) "$other" /dev/zero

	vdpa dev del b0
	knob "$BLK" store pool
	disk b3
	cmp -n $((1 << 20)) "$DISK" "$BATS_TEST_TMPDIR/data"
}

@test "a store is gone with the last of its devices" {
	load_sim ours blk
	load_bus_drivers virtio_vdpa
	knob "$BLK" store pool
	disk b0
	dd if=/dev/urandom of="$DISK" bs=64k count=1 oflag=direct status=none
	vdpa dev del b0
	disk b0

	zeroes 0 65536
}

@test "the capacity is the module's parameter, the next devices', or the device's own while it is used" {
	load_sim ours blk capacity_mb=16
	load_bus_drivers virtio_vdpa
	disk b0
	assert_equal "$(blockdev --getsize64 "$DISK")" $((16 << 20))

	knob "$BLK" capacity 2048
	disk b1
	assert_equal "$(blockdev --getsize64 "$DISK")" $((1 << 20))

	knob "$BLK/devices/b1" capacity 4096
	size_is() { [ "$(blockdev --getsize64 "$DISK")" = "$1" ]; }
	wait_until 20 size_is $((2 << 20))
	run knob "$BLK/devices/b1" capacity 0
	[ "$status" -ne 0 ]
	size_is $((2 << 20))
}

@test "the disk says who it is, and is read-only where that was asked for" {
	load_sim ours blk
	load_bus_drivers virtio_vdpa
	disk b0
	assert_equal "$(cat "/sys/block/${DISK#/dev/}/serial")" b0
	assert_equal "$(cat "/sys/block/${DISK#/dev/}/ro")" 0
	queues=("/sys/block/${DISK#/dev/}/mq/"*)
	assert_equal ${#queues[@]} $(($(nproc) < 4 ? $(nproc) : 4))

	vdpa dev add name b1 mgmtdev "$BLK" device_features 0x300000220
	wait_until 20 blockdev_of b1
	assert_equal "$(cat "/sys/block/$(blockdev_of b1)/ro")" 1
}

@test "a disk cannot have features that there are not, nor lack those it must have" {
	# The distribution's core leaves it to the parent to judge.
	load_sim distro blk
	for features in 0x300000001 0x200; do
		run "$VDPA_CLIENTS/nl_raw" dev-new DEV_NAME:str:b0 "MGMTDEV_DEV_NAME:str:$BLK" "DEV_FEATURES:u64:$features"
		assert_equal "$status" 2
		gone b0
	done
	assert_match "$(kernel_log)" 'refuses a device: it does not have all of these features'
	assert_match "$(kernel_log)" 'refuses a device: it needs VERSION_1 and ACCESS_PLATFORM'
}

@test "a thousand disks of a terabyte fit into this machine" {
	load_sim ours blk capacity_mb=1048576
	requests=()
	for ((i = 0; i < 1000; i++)); do
		requests+=(--next dev-new "DEV_NAME:str:b$i" "MGMTDEV_DEV_NAME:str:$BLK")
	done

	"$VDPA_CLIENTS/nl_raw" "${requests[@]:1}" >"$BATS_TEST_TMPDIR/out"

	devices=("$BUS"/devices/b*)
	assert_equal ${#devices[@]} 1000
	load_bus_drivers vhost_vdpa
	run "$VMM" "$(vhost_of b999)" blk count 100
	assert_equal "$status" 0
	rmmod vdpa_sim_blk	# takes long where each step is checked
	gone b999
}
