#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600
# A request has bounds, whoever sends it and whatever the parent does: it costs little, holds up nobody, is carried out, and
# its answer reaches who has asked or nobody.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
	load_parent
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
	nl_raw dev-new DEV_NAME:str:b0 "MGMTDEV_DEV_NAME:str:$BLK"
}

PORT=3000000001	# no process has a number like this

idle() { [ "$(waiting "$NET")" = 0 ]; }
has_mac() { [ "$(field dev-config-get "$1" DEV_NET_CFG_MACADDR)" = "$2" ]; }
has_avail_index() { nl_raw dev-vq-get DEV_NAME:str:"$1" DEV_QUEUE_INDEX:u32:0 | grep -qx "VQ_AVAIL_INDEX=$2"; }

# query_stuck - somebody's question about n0 is held up in its parent.
query_stuck() {
	knob "$NET" stuck_query 1
	nl_raw --unheard dev-vq-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0
	wait_until 10 held_up "$NET"
}

# One worker for a device

@test "a device that owes an answer costs one worker, however often it is asked about and by whom" {
	query_stuck

	nl_raw --repeat 100 --unheard dev-vq-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:1
	nl_raw --copies 100 dev-vstats-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0
	for _ in 1 2 3 4; do
		"$VDPA_TOOL" dev vq show >/dev/null
		"$VDPA_TOOL" dev vstats show >/dev/null
		"$VDPA_TOOL" dev vq show n0 >/dev/null
	done
	assert_equal "$(waiting "$NET")" 1

	knob "$NET" stuck_query 0
	wait_until 10 idle
	run -0 "$VDPA_TOOL" -j dev vq show n0
	jq -e '.vq.n0.queues | length == 9' <<<"$output"
}

@test "a device that owes an answer is listed without it at once, which says so, and hides no other" {
	query_stuck
	"$VDPA_TOOL" dev vq show n0 >/dev/null	# by now it owes it
	calibrate

	in_time "$VDPA_TOOL" -j dev vq show
	output=$(<"$OUT")
	jq -e '.vq.n0 == {"available": false, "reason": "its parent does not answer", "unanswered": true}' <<<"$output"
	jq -e '.vq.b0.queues | length == 2' <<<"$output"
	assert_match "$("$VDPA_TOOL" dev vq show n0)" '^n0: available false reason its parent does not answer unanswered true$'
	in_time "$VDPA_TOOL" -j dev vstats show
	jq -e '.vstats.n0.unanswered' "$OUT"
	run -0 nl_raw --dump dev-vq-get
	assert_equal "$(grep -c '^DEV_UNANSWERED=' <<<"$output")" 1
	in_time "$VDPA_TOOL" dev show n0

	knob "$NET" stuck_query 0
	wait_until 10 idle
	run -0 nl_raw --dump dev-vq-get
	run ! grep -q '^DEV_UNANSWERED=' <<<"$output"
}

@test "a device whose configuration cannot be read is listed with what can be said, which says so" {
	load_bus_drivers vhost_vdpa
	knob "$NET" stuck_set_status 1
	start "$VDPA_CLIENTS/vhost_hold" --status 11 "$(vhost_node n0)"
	wait_until 10 held_up "$NET"

	run -0 "$VDPA_TOOL" -j dev config show
	jq -e '.config.n0 == {"unanswered": true} and (.config.b0 | has("capacity") and (has("unanswered") | not))' <<<"$output"
	knob "$NET" stuck_set_status 0
}

# One send, one user

@test "thousands of requests in one send wait together as long as one, and hold up no other family" {
	calibrate
	query_stuck

	in_time nl_raw --copies 2000 dev-vq-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0
	start nl_raw --repeat 2000 --unheard dev-vq-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0
	in_time modprobe team
	other_families_answer
	in_time "$VDPA_TOOL" dev show
	in_time rmmod team
	wait_until 60 ended "$PID"
	assert_equal "$(waiting "$NET")" 1

	knob "$NET" stuck_query 0
	wait_until 10 idle
}

@test "a user who has too many requests under way is told so, and may ask again when they are done" {
	query_stuck
	nl_raw --copies 4000 dev-vq-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0
	nl_raw --copies 200 dev-vq-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0

	run nl_raw dev-vq-get DEV_NAME:str:b0 DEV_QUEUE_INDEX:u32:0
	assert_equal "$status" 2
	assert_equal "$(line errno)" EBUSY
	assert_match "$(line message)" '^user 0 has 4096 requests or more that are not answered yet$'
	run -0 nl_raw dev-get DEV_NAME:str:b0	# nobody is asked for that

	knob "$NET" stuck_query 0
	wait_until 30 nl_raw dev-vq-get DEV_NAME:str:b0 DEV_QUEUE_INDEX:u32:0
}

# Fire and forget

@test "what was accepted is carried out when its sender does not wait for it" {
	load_bus_drivers vhost_vdpa
	knob "$NET" stuck_set_status 1
	start "$VDPA_CLIENTS/vhost_hold" --status 1 "$(vhost_node n0)"
	user=$PID
	wait_until 10 held_up "$NET"

	nl_raw --unheard dev-attr-set DEV_NAME:str:n0 DEV_NET_CFG_MACADDR:hex:525400123456
	nl_raw --unheard dev-vq-set DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:0 VQ_AVAIL_INDEX:u16:7

	knob "$NET" stuck_set_status 0
	wait_until 10 has_mac n0 52:54:00:12:34:56
	wait_until 10 has_avail_index n0 7
	alive "$user"
}

@test "a device is created when who has asked for it does not wait for its turn" {
	knob "$NET" stuck_add 1
	nl_raw --unheard dev-new DEV_NAME:str:n1 "MGMTDEV_DEV_NAME:str:$NET"
	wait_until 10 held_up "$NET"
	nl_raw --unheard dev-new DEV_NAME:str:n2 "MGMTDEV_DEV_NAME:str:$NET"
	gone n2

	knob "$NET" stuck_add 0
	wait_until 10 exists n1
	wait_until 10 exists n2
}

# Late answers

@test "an answer that comes late does not reach who has the port by then" {
	query_stuck
	nl_raw --port "$PORT" --unheard dev-vq-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:1
	nl_raw --port "$PORT" --unheard dev-vstats-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:1	# will be refused

	# It lets the answers come when it has the port, and listens for a while.
	run -0 nl_raw --port "$PORT" --between "echo 0 >$KNOBS/$NET/stuck_query" dev-get DEV_NAME:str:b0
	assert_equal "$(grep -c '^DEV_NAME=' <<<"$output")" 1
	assert_equal "$(line errno)" 0
	wait_until 10 idle
}

@test "an answer that comes late reaches who has asked and waits" {
	query_stuck
	start nl_raw --port "$PORT" dev-vq-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:1 --next \
		dev-vq-get DEV_NAME:str:n0 DEV_QUEUE_INDEX:u32:99
	asker=$PID said=$OUT
	alive "$asker"

	knob "$NET" stuck_query 0
	wait "$asker" || status=$?
	assert_equal "${status:-0}" 2	# the second is refused
	grep -qx DEV_QUEUE_INDEX=1 "$said"
	grep -qx errno=0 "$said"
	grep -qx 'message=device n0 has the virtqueues 0 to 8' "$said"
}
