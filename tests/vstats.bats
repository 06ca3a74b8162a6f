#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the virtqueues have counted, of one queue, one device, or all.

load lib/state

setup() {
	common_setup
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
}

@test "one dump lists the counters of all queues of all devices, of any class" {
	user_devices "$BLK" b0
	user_devices "$NET" n0
	drive b0 blk count 100 queues 2 hold 1
	drive n0 net count 100 hold 1
	wait_until 30 said "${DRIVER_OUT[b0]}" holding
	wait_until 30 said "${DRIVER_OUT[n0]}" holding

	run -0 "$VDPA_TOOL" -j dev vstats show
	jq -e '.vstats | keys_unsorted == ["b0", "n0"]' <<<"$output"
	jq -e '.vstats.b0.queues | map(.qidx) == [0, 1, 2, 3] and map(.queue_type) == ["request", "request", "request", "request"] and
		map(.counters.completed_desc) == [100, 100, 0, 0]' <<<"$output"
	jq -e '.vstats.n0.queues | map(.queue_type)[:2] == ["rx", "tx"] and .[1].counters.completed_desc == 100' <<<"$output"

	# The same from one request, queue by queue
	run -0 nl_raw --dump dev-vstats-get
	[ "$(grep -c '^DEV_QUEUE_INDEX=' <<<"$output")" = 7 ]
}

@test "the dump of one device has its queues only, as many as there are" {
	vdpa dev add name n0 mgmtdev "$NET" max_vqp 16
	user_devices "$NET" n1
	drive n0 net count 1 hold 1
	drive n1 net count 1 hold 1

	run -0 "$VDPA_TOOL" -j dev vstats show n0
	jq -e '.vstats | keys == ["n0"] and (.n0.queues | map(.qidx) == [range(33)])' <<<"$output"
	run -0 nl_raw --dump dev-vstats-get DEV_NAME:str:n1
	[ "$(grep -c '^DEV_NAME=n1$' <<<"$output")" = 3 ]
	[ "$(grep -c '^DEV_NAME=' <<<"$output")" = 3 ]
}

@test "where all are listed, each device that has nothing to tell says why" {
	load_parent parents=odd
	user_devices "$BLK" b0
	vdpa dev add name o0 mgmtdev vdpatest_odd

	run -0 "$VDPA_TOOL" -j dev vstats show
	jq -e '.vstats.b0 == {"available": false, "reason": "no driver has negotiated features yet"}' <<<"$output"
	jq -e '.vstats.o0 == {"available": false, "reason": "its parent keeps no statistics"}' <<<"$output"
	command_refuses 2 'b0: no driver has negotiated features yet' dev vstats show b0
	command_refuses 2 'o0: its parent keeps no statistics' dev vstats show o0
	command_refuses 2 'no device named b9' dev vstats show b9
}

@test "a device whose parent does not answer hides no other" {
	started_disks 2
	load_parent
	vdpa dev add name p0 mgmtdev vdpatest_net
	echo 1 >/sys/kernel/debug/vdpa_test_parent/vdpatest_net/stuck_set_status
	start "$VDPA_CLIENTS/vhost_hold" --status 11 "$(vhost_of p0)"
	wait_until 10 stuck

	run -0 "$VDPA_TOOL" -j dev vstats show
	jq -e '.vstats | keys_unsorted == ["d1", "d2", "p0"] and (.d2.queues | length) == 4' <<<"$output"
	jq -e '.vstats.p0 == {"available": false, "reason": "its parent does not answer", "unanswered": true}' <<<"$output"
	run -0 "$VDPA_TOOL" -j dev vq show
	jq -e '.vq | (.d2.queues | length) == 4 and .p0.reason == "its parent does not answer"' <<<"$output"
	echo 0 >/sys/kernel/debug/vdpa_test_parent/vdpatest_net/stuck_set_status
}

@test "one of many devices that does not answer hides none before it and none behind it" {
	load_parent
	printf 'dev add name p%d mgmtdev vdpatest_net\n' {0..39} | vdpa -batch -
	echo 1 >/sys/kernel/debug/vdpa_test_parent/vdpatest_net/stuck_set_status
	start "$VDPA_CLIENTS/vhost_hold" --status 11 "$(vhost_of p20)"
	wait_until 10 stuck

	run -0 "$VDPA_TOOL" -j dev vq show
	jq -e '.vq | keys_unsorted == [range(40) | "p\(.)"] and .p20.reason == "its parent does not answer" and
		([.[] | select(.queues | length > 0)] | length) == 39' <<<"$output"
	vdpa dev del p19
	vdpa dev del p21
	echo 0 >/sys/kernel/debug/vdpa_test_parent/vdpatest_net/stuck_set_status
}
stuck() { [ "$(cat /sys/kernel/debug/vdpa_test_parent/vdpatest_net/waiting)" -gt 0 ]; }
