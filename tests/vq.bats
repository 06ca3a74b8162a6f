#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the virtqueues are: shown, and set.

load lib/state

setup() {
	common_setup
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
}

# queue DEV N FILTER - of one queue, in JSON
queue() { "$VDPA_TOOL" -j dev vq show "$1" qidx "$2" | jq -c ".vq[\"$1\"].queues[0] | $3"; }

@test "a queue is shown with its group and address space: a control queue has its own" {
	user_devices "$NET" n0

	assert_equal "$("$VDPA_TOOL" -j dev vq show n0 | jq -c '[.vq.n0.queues[] | [.qidx, .group, .asid]]')" '[[0,0,0],[1,0,0],[2,1,0]]'
	hold n0 --asid 1:1
	assert_equal "$("$VDPA_TOOL" -j dev vq show n0 | jq -c '[.vq.n0.queues[].asid]')" '[0,0,1]'
	release
}

@test "every queue of every device is shown, and of one device, and one of them" {
	user_devices "$BLK" b0
	user_devices "$NET" n0

	run -0 "$VDPA_TOOL" -j dev vq show
	[ "$(jq -c '.vq | [keys_unsorted, [.b0.queues[].qidx], [.n0.queues[].qidx]]' <<<"$output")" = \
		'[["b0","n0"],[0,1,2,3],[0,1,2]]' ]
	run -0 "$VDPA_TOOL" -j dev vq show n0
	[ "$(jq -c '.vq | keys' <<<"$output")" = '["n0"]' ]
	run -0 "$VDPA_TOOL" dev vq show b0 qidx 2
	assert_equal "$output" $'b0:\n  qidx 2 queue_type request ready false size 1024 avail_index 0 stable true inflight - group 0 asid 0'
	run -0 "$VDPA_TOOL" dev vq
	assert_match "$output" $'n0:\n  qidx 0 queue_type rx ready false'
}

@test "a device of 33 queues is shown whole, and so are 40 of them" {
	for i in {1..40}; do requests+=(--next dev-new "DEV_NAME:str:n$i" "MGMTDEV_DEV_NAME:str:$NET" DEV_NET_CFG_MAX_VQP:u16:16); done
	nl_raw "${requests[@]:1}" >/dev/null

	run -0 "$VDPA_TOOL" -j dev vq show
	[ "$(jq -c '[.vq[].queues | map(.qidx) == [range(33)]] | [length, all]' <<<"$output")" = '[40,true]' ]
}

@test "each queue says what it is for" {
	unload_all
	load_sim ours net
	load_bus_drivers virtio_vdpa
	vdpa dev add name n0 mgmtdev "$NET" max_vqp 2
	wait_until 20 netdev_of n0 >/dev/null

	run -0 "$VDPA_TOOL" -j dev vq show n0
	[ "$(jq -c '[.vq.n0.queues[].queue_type]' <<<"$output")" = '["rx","tx","rx","tx","control_vq"]' ]
	[ "$(jq -c '[.vq.n0.queues[].ready] | all' <<<"$output")" = true ]
}

@test "the position of a queue at work is a snapshot, that of a resting one is stable" {
	user_devices "$BLK" b0
	drive b0 blk endless 1 queues 1
	[ "$(queue b0 0 '[.ready, .size, .stable]')" = '[true,64,false]' ]
	[ "$(queue b0 1 '[.ready, .avail_index, .stable]')" = '[false,0,true]' ]

	vdpa dev suspend b0
	[ "$(queue b0 0 .stable)" = true ]
	vdpa dev resume b0
	[ "$(queue b0 0 .stable)" = false ]
	finish b0
}

@test "what is set is shown, and the device goes on from there" {
	user_devices "$BLK" b0
	drive b0 blk count 100
	vdpa dev suspend b0 || :
	wait "${DRIVER[b0]}" || :
	has_state b0 inactive

	vdpa dev vq set b0 qidx 0 avail_index 65535
	vdpa dev vq set b0 qidx 3 avail_index 7

	[ "$(queue b0 0 .avail_index)" = 65535 ]
	[ "$(queue b0 3 .avail_index)" = 7 ]
	[ "$(queue b0 1 .avail_index)" = 0 ]
}

@test "a suspended device takes back the state that it had, and loses no request" {
	user_devices "$BLK" b0
	drive b0 blk endless 1 queues 2 depth 20
	vdpa dev suspend b0
	for q in 0 1; do at[q]=$(queue b0 $q .avail_index); done
	vdpa dev vq set b0 qidx 0 avail_index 1
	[ "$(queue b0 0 .avail_index)" = 1 ]

	for q in 0 1; do vdpa dev vq set b0 qidx $q avail_index "${at[q]}"; done

	vdpa dev resume b0
	finish b0
}

@test "a packed ring has two positions and their wrap counters" {
	load_parent packed=1
	vdpa dev add name p0 mgmtdev vdpatest_blk
	start "$VDPA_CLIENTS/vhost_hold" --status 11 --features 0x700000000 "$(vhost_of p0)"
	wait_until 10 said "$OUT" ready

	vdpa dev vq set p0 qidx 1 avail_index 5 avail_counter 1 used_index 3 used_counter 0

	assert_equal "$(queue p0 1 '[.avail_index, .avail_counter, .used_index, .used_counter]')" '[5,1,3,0]'
	assert_equal "$("$VDPA_TOOL" dev vq show p0 qidx 1)" \
		$'p0:\n  qidx 1 queue_type request ready false size 256 avail_index 5 avail_counter 1 used_index 3 used_counter 0 stable true group 0 asid 0'
	kernel_refuses EINVAL missing=VQ_AVAIL_COUNTER 'two indices and two counters' \
		dev-vq-set DEV_NAME:str:p0 DEV_QUEUE_INDEX:u32:1 VQ_AVAIL_INDEX:u16:1
	kernel_refuses EINVAL missing=VQ_USED_COUNTER 'two indices and two counters' dev-vq-set DEV_NAME:str:p0 \
		DEV_QUEUE_INDEX:u32:1 VQ_AVAIL_INDEX:u16:1 VQ_AVAIL_COUNTER:u8:1 VQ_USED_INDEX:u16:1
	kernel_refuses ERANGE attribute=VQ_USED_INDEX '32768 is more than 32767' dev-vq-set DEV_NAME:str:p0 \
		DEV_QUEUE_INDEX:u32:1 VQ_AVAIL_INDEX:u16:1 VQ_AVAIL_COUNTER:u8:1 VQ_USED_INDEX:u16:0x8000 VQ_USED_COUNTER:u8:0
	kernel_refuses ERANGE attribute=VQ_AVAIL_COUNTER '2 is more than 1' dev-vq-set DEV_NAME:str:p0 \
		DEV_QUEUE_INDEX:u32:1 VQ_AVAIL_INDEX:u16:1 VQ_AVAIL_COUNTER:u8:2 VQ_USED_INDEX:u16:0 VQ_USED_COUNTER:u8:0
	assert_equal "$(queue p0 1 .avail_index)" 5
}

@test "a queue that does not exist is refused" {
	user_devices "$BLK" b0

	for request in dev-vq-get dev-vq-set; do
		kernel_refuses EINVAL attribute=DEV_QUEUE_INDEX 'b0 has the virtqueues 0 to 3' \
			$request DEV_NAME:str:b0 DEV_QUEUE_INDEX:u32:4
		kernel_refuses ERANGE attribute=DEV_QUEUE_INDEX 'b0 has the virtqueues 0 to 3' \
			$request DEV_NAME:str:b0 DEV_QUEUE_INDEX:u32:0xffffffff
		kernel_refuses EINVAL missing=DEV_QUEUE_INDEX "index is missing" $request DEV_NAME:str:b0
		kernel_refuses EINVAL missing=DEV_NAME 'name is missing' $request DEV_QUEUE_INDEX:u32:0
		kernel_refuses ENODEV attribute=DEV_NAME 'no device named b9' $request DEV_NAME:str:b9 DEV_QUEUE_INDEX:u32:0
	done
	command_refuses 2 'no device named b9' dev vq show b9
	command_refuses 2 'b0 has the virtqueues 0 to 3' dev vq show b0 qidx 4
	command_refuses 2 'b0 has the virtqueues 0 to 3' dev vq set b0 qidx 4 avail_index 0
}

@test "the state of a queue that runs is not set, and of none that has failed" {
	user_devices "$BLK" b0 b1
	drive b0 blk endless 1
	start "$VDPA_CLIENTS/vhost_hold" --status 143 "$(vhost_of b1)"
	wait_until 10 has_state b1 failed

	before=$(queue b0 1 .)
	kernel_refuses EBUSY attribute=DEV_NAME 'b0 is neither suspended nor inactive' \
		dev-vq-set DEV_NAME:str:b0 DEV_QUEUE_INDEX:u32:1 VQ_AVAIL_INDEX:u16:9
	kernel_refuses EBUSY attribute=DEV_NAME 'b1 is neither suspended nor inactive' \
		dev-vq-set DEV_NAME:str:b1 DEV_QUEUE_INDEX:u32:0 VQ_AVAIL_INDEX:u16:9
	command_refuses 2 'b0 is neither suspended nor inactive' dev vq set b0 qidx 0 avail_index 9
	assert_equal "$(queue b0 1 .)" "$before"
	finish b0
}

@test "a parent that refuses a queue's state is named, and the queue keeps it" {
	user_devices "$BLK" b0
	vdpa dev vq set b0 qidx 1 avail_index 5

	knob "$BLK/devices/b0" set_vq_state_errno 28
	kernel_refuses ENOSPC attribute=DEV_QUEUE_INDEX 'device b0: its parent refuses queue 1: -ENOSPC' \
		dev-vq-set DEV_NAME:str:b0 DEV_QUEUE_INDEX:u32:1 VQ_AVAIL_INDEX:u16:9
	command_refuses 2 'its parent refuses queue 1' dev vq set b0 qidx 1 avail_index 9
	assert_equal "$(queue b0 1 .avail_index)" 5
}

@test "a queue whose parent knows no position is shown without, and takes none" {
	load_parent parents=bare
	vdpa dev add name r0 mgmtdev vdpatest_bare

	run -0 "$VDPA_TOOL" -j dev vq show r0
	assert_equal "$(jq -c .vq <<<"$output")" '{"r0":{"queues":[{"qidx":0,"queue_type":"other","ready":false,"size":256,"group":0,"asid":0}]}}'
	kernel_refuses EOPNOTSUPP attribute=DEV_NAME 'device r0: its parent takes no queue state' \
		dev-vq-set DEV_NAME:str:r0 DEV_QUEUE_INDEX:u32:0 VQ_AVAIL_INDEX:u16:9
	command_refuses 2 'its parent takes no queue state' dev vq set r0 qidx 0 avail_index 9
}

@test "a split ring has one index and nothing else" {
	user_devices "$BLK" b0

	kernel_refuses EINVAL missing=VQ_AVAIL_INDEX 'index is missing' dev-vq-set DEV_NAME:str:b0 DEV_QUEUE_INDEX:u32:0
	kernel_refuses EINVAL attribute=VQ_USED_INDEX 'available index alone' \
		dev-vq-set DEV_NAME:str:b0 DEV_QUEUE_INDEX:u32:0 VQ_AVAIL_INDEX:u16:1 VQ_USED_INDEX:u16:1
	command_refuses 2 'available index alone' \
		dev vq set b0 qidx 0 avail_index 1 avail_counter 1 used_index 1 used_counter 1
}

@test "the queues of a vduse disk are shown" {
	unload_all
	load_core ours
	load_bus_drivers virtio_vdpa
	truncate -s 16M "$BATS_TEST_TMPDIR/disk"
	start_vduse_disk v0 "$BATS_TEST_TMPDIR/disk" num-queues=2
	vdpa dev add name v0 mgmtdev vduse
	wait_until 20 blockdev_of v0 >/dev/null
	dd if="/dev/$(blockdev_of v0)" of=/dev/null bs=1M count=1 iflag=direct

	run -0 "$VDPA_TOOL" -j dev vq show v0
	[ "$(jq -c '.vq.v0.queues | [length, .[0].queue_type, .[0].ready, .[0].stable]' <<<"$output")" = '[2,"request",true,false]' ]
	command_refuses 2 'v0 is neither suspended nor inactive' dev vq set v0 qidx 0 avail_index 0
}
