#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the simulated parents do beside carrying data: suspend, resume, virtqueue state, reset, faults on demand.
# time limit: 1200
# processors: 2

load ../lib/common
load ../lib/sim

# took_at_least MS COMMAND… - fails where the command was faster
took_at_least() {
	local begin=${EPOCHREALTIME/./} ms=$1
	shift

	"$@"
	(((${EPOCHREALTIME/./} - begin) / 1000 >= ms)) || fail "took less than $ms ms: $*"
}

# both CORE - a device of each parent, for user space: $NET_NODE, $BLK_NODE
both() {
	load_sim "$1" net blk "${@:2}"
	load_bus_drivers vhost_vdpa
	vdpa dev add name n0 mgmtdev "$NET"
	vdpa dev add name b0 mgmtdev "$BLK"
	NET_NODE=$(vhost_of n0) BLK_NODE=$(vhost_of b0)
}

# One driver at a time has the bus.
loaded_for_the_kernel() {
	load_sim "$1" net blk
	load_bus_drivers virtio_vdpa
}

# Traffic takes all the time that there is: what else a test needs comes before it.
disk_with_traffic() {
	vdpa dev add name b0 mgmtdev "$BLK"
	wait_until 20 blockdev_of b0 >/dev/null
	DISK=/dev/$(blockdev_of b0)
	start fio --name=traffic --filename="$DISK" --direct=1 --ioengine=libaio --rw=randwrite --bs=4k --iodepth=16 \
		--numjobs=2 --size=32m --time_based --runtime=600
	FIO=$PID
	wait_until 60 moving
}

# Requests that the disk has finished so far
finished() { awk '{ print $1 + $5 }' "/sys/block/${DISK#/dev/}/stat"; }
moving() {
	local before

	before=$(finished)
	sleep 0.2
	[ "$(finished)" -gt "$before" ]
}

@test "both parents carry data to and from user space on either core" {
	for core in distro ours; do
		both "$core"
		"$VMM" "$NET_NODE" net count 500
		"$VMM" "$BLK_NODE" blk count 500
		unload_all
	done
}

@test "suspended in the middle of requests a disk moves nothing for a second, and finishes all once resumed" {
	for core in distro ours; do
		both "$core"
		run "$VMM" "$BLK_NODE" blk count 3000 depth 20 queues 4 suspend-after 500 suspend-ms 1000
		assert_equal "$status: $output" $'0: written 3000\nread 3000\nwrong 0\nin flight while suspended 0\nmoved while suspended 0'
		unload_all
	done
}

@test "a virtqueue starts where its state says, over the end of the index too" {
	both ours
	for base in 1 63 64 40000 65530; do
		run "$VMM" "$BLK_NODE" blk count 300 base $base
		assert_equal "$status: $output" $'0: written 300\nread 300\nwrong 0'
	done
}

@test "a reset in the middle of requests leaves a device that works" {
	for va in 1 0; do
		both ours use_va=$va
		run "$VMM" "$BLK_NODE" blk count 2000 depth 20 queues 4 reset-after 300
		assert_equal "$status: $output" $'0: written 2000\nread 2000\nwrong 0'
		unload_all
	done
}

@test "a driver that dies in the middle of requests leaves a device that works" {
	for va in 1 0; do
		both ours use_va=$va
		written=0
		for i in 1 2 3 4 5; do
			start "$VMM" "$BLK_NODE" blk endless 1 depth 20 queues 4
			wait_until 60 vstat_above b0 1 writes $((written + 100 * i))
			written=$(vstat b0 1 writes)
			kill -KILL "$PID"
			wait_until 20 ended "$PID"
		done
		"$VMM" "$BLK_NODE" blk count 200
		unload_all
	done
}

@test "a bus driver is unbound and bound again in the middle of requests" {
	loaded_for_the_kernel ours
	disk_with_traffic
	echo b0 >/sys/bus/vdpa/drivers/virtio_vdpa/unbind
	wait_until 60 ended "$FIO"

	echo b0 >/sys/bus/vdpa/drivers/virtio_vdpa/bind
	wait_until 20 blockdev_of b0
	fio --name=again --filename="/dev/$(blockdev_of b0)" --direct=1 --rw=write --bs=4k --size=1m --verify=crc32c
}

@test "the parents' modules go in the middle of traffic" {
	for core in distro ours; do
		loaded_for_the_kernel "$core"
		pair_up 1 1500
		disk_with_traffic
		start ip netns exec ns0 ping -q -f 10.0.0.2
		wait_until 20 vstat_above n1 0 'rx packets' 10

		rmmod vdpa_sim_net
		rmmod vdpa_sim_blk
		rmmod vdpa_sim

		gone n0
		gone b0
		wait_until 60 ended "$FIO"
		end_started
		unplug_all
		unload_all
	done
}

@test "a device is deleted in the middle of traffic and others go on" {
	loaded_for_the_kernel ours
	disk_with_traffic
	vdpa dev add name b1 mgmtdev "$BLK"

	vdpa dev del b1
	moving
	vdpa dev del b0
	wait_until 60 ended "$FIO"
}

@test "dev add takes the time, or fails with the error, that a test asks for" {
	load_sim ours net
	knob "$NET" add_delay_ms 1000
	took_at_least 1000 vdpa dev add name n0 mgmtdev "$NET"
	knob "$NET" add_delay_ms 0

	knob "$NET" add_errno 28
	run "$IPROUTE_VDPA" dev add name n1 mgmtdev "$NET"
	[ "$status" -ne 0 ]
	assert_match "$output" 'No space left on device'
	gone n1
	knob "$NET" add_errno 0
	vdpa dev add name n1 mgmtdev "$NET"
}

@test "the second dev add from now fails, and only that" {
	load_sim ours blk
	knob "$BLK" add_nth 2
	knob "$BLK" add_errno 12

	vdpa dev add name b0 mgmtdev "$BLK"
	run -2 vdpa dev add name b1 mgmtdev "$BLK"
	gone b1
	vdpa dev add name b1 mgmtdev "$BLK"
	vdpa dev add name b2 mgmtdev "$BLK"
}

@test "dev del takes the time that a test asks for, of the parent or of the device" {
	load_sim ours net
	vdpa dev add name n0 mgmtdev "$NET"
	vdpa dev add name n1 mgmtdev "$NET"
	knob "$NET/devices/n0" del_delay_ms 1000
	took_at_least 1000 vdpa dev del n0
	gone n0
	knob "$NET" del_delay_ms 1000
	took_at_least 1000 vdpa dev del n1
	gone n1
}

@test "suspend and resume take the time, or fail with the error, that a test asks for" {
	both ours
	quick() { "$VMM" "$BLK_NODE" blk count 200 suspend-after 50 suspend-ms 1; }

	for where in "$BLK" "$BLK/devices/b0"; do
		for op in suspend resume; do
			knob "$where" "${op}_delay_ms" 1000
			took_at_least 1000 quick
			knob "$where" "${op}_delay_ms" 0

			knob "$where" "${op}_errno" 5
			run quick
			assert_equal "$status" 2
			assert_match "$output" "VHOST_VDPA_${op^^}: Input/output error"
			knob "$where" "${op}_errno" 0
			quick
		done
	done
}

@test "a suspend that takes its time ends with a signal, and the device goes on" {
	both ours
	knob "$BLK/devices/b0" suspend_delay_ms 600000
	start "$VMM" "$BLK_NODE" blk count 1000 suspend-after 100
	wait_until 30 waiting_in_suspend

	kill "$PID"
	wait_until 10 ended "$PID"
	knob "$BLK/devices/b0" suspend_delay_ms 0
	"$VMM" "$BLK_NODE" blk count 100
}
waiting_in_suspend() { grep -qs vdpasim_fault "/proc/$PID/stack"; }

@test "a stalled queue does not move, the others do, and it goes on when it is let" {
	both ours
	knob "$BLK/devices/b0" stall 2
	start "$VMM" "$BLK_NODE" blk count 1000 depth 10 queues 2
	wait_until 30 vstat_above b0 0 writes 9
	assert_equal "$(vstat b0 1 received_desc)" 0

	knob "$BLK/devices/b0" stall 0
	wait_until 60 ended "$PID"
	assert_equal "$(cat "$OUT")" $'written 1000\nread 1000\nwrong 0'
}

@test "without knobs the parents work all the same, and debugfs has nothing of them" {
	load_sim ours net blk knobs=0
	load_bus_drivers virtio_vdpa

	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name n0 mgmtdev "$NET"
	wait_until 20 blockdev_of b0 >/dev/null
	wait_until 20 netdev_of n0 >/dev/null
	numbered 65536 | dd of="/dev/$(blockdev_of b0)" bs=64k oflag=direct status=none
	numbered 65536 | cmp -n 65536 - "/dev/$(blockdev_of b0)"
	[ ! -e "$KNOBS/$BLK" ]
	[ ! -e "$KNOBS/$NET" ]
	[ ! -e "$KNOBS/devices" ]
	[ ! -e "$KNOBS/b0" ]
	vdpa dev suspend b0
	vdpa dev resume b0
	vdpa dev del b0
	vdpa dev del n0
}

@test "every knob says what it is set to" {
	both ours

	mapfile -t knobs < <(find "$KNOBS/$NET" "$KNOBS/$BLK" -type f -perm -u+r)
	[ "${#knobs[@]}" -gt 40 ]
	for knob in "${knobs[@]}"; do
		run -0 cat "$knob"
	done
	assert_equal "$(cat "$KNOBS/$BLK/devices/b0/capacity")" "$(vdpa -j dev config show b0 | jq .config.b0.capacity)"
}
