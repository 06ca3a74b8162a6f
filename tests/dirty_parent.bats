#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Which pages a device writes: what the core refuses, and what it makes of a parent that fails, is stuck, or breaks the rules.
# The parent's device has written the first 65536 pages of what is tracked, and never writes again.

load lib/common
load lib/devices

DIRTY=vdpatest_dirty
ALL=0x0-0xfffffff	# those pages

setup() {
	common_setup
	load_core ours
	load_parent parents=dirty,net
	nl_raw dev-new DEV_NAME:str:d0 "MGMTDEV_DEV_NAME:str:$DIRTY"
}

# start_request [ATTRIBUTE…], get_request FIRST LAST [ATTRIBUTE…] - for nl_raw, about d0
start_request() { REQUEST=(dev-dirty-start DEV_NAME:str:d0 "$@"); }
get_request() { REQUEST=(dev-dirty-get DEV_NAME:str:d0 DIRTY_FIRST:u64:"$1" DIRTY_LAST:u64:"$2" "${@:3}"); }

# not_tracked - the device notes nothing
not_tracked() { kernel_refuses ENOENT attribute=DEV_NAME "are not noted" dev-dirty-get DEV_NAME:str:d0; }

# start_refused ERRNO WHERE PATTERN [ATTRIBUTE…] - a start is refused, and nothing has begun.
start_refused() {
	start_request "${@:4}"
	kernel_refuses "$1" "$2" "$3" "${REQUEST[@]}"
	not_tracked
}

# get_refused ERRNO WHERE PATTERN FIRST LAST [ATTRIBUTE…] - a read is refused, and nothing is cleared.
get_refused() {
	get_request "${@:4}"
	kernel_refuses "$1" "$2" "$3" "${REQUEST[@]}"
}

# tracked [ARGUMENT…] - what "dirty show d0" gives
tracked() { "$VDPA_TOOL" -j dev dirty show d0 "$@" | jq -c .dirty.d0; }
pages() { tracked | jq .pages; }

@test "a start with what cannot be tracked is refused, and nothing begins" {
	start_refused EINVAL attribute=DIRTY_PAGE_SIZE "5000 is not a power of two" DIRTY_PAGE_SIZE:u64:5000
	start_refused EINVAL attribute=DIRTY_PAGE_SIZE "2048 is not a power of two from 4096" DIRTY_PAGE_SIZE:u64:2048
	start_refused EINVAL attribute=DIRTY_PAGE_SIZE "0 is not a power of two" DIRTY_PAGE_SIZE:u64:0
	start_refused EINVAL attribute=DIRTY_PAGE_SIZE "8192 is not among those that its parent takes: 0x11000" \
		DIRTY_PAGE_SIZE:u64:8192
	start_refused EINVAL attribute=DIRTY_RANGE "0x1 to 0xfff are not whole pages of 4096" DIRTY_RANGE:range:0x1-0xfff
	start_refused EINVAL attribute=DIRTY_RANGE "0x0 to 0x1000 are not whole" DIRTY_RANGE:range:0-0x1000
	start_refused EINVAL attribute=DIRTY_RANGE "0x2000 to 0xfff are not whole" DIRTY_RANGE:range:0x2000-0xfff
	start_refused EINVAL attribute=DIRTY_RANGE "0x0 to 0xfff are not whole pages of 65536" DIRTY_PAGE_SIZE:u64:65536 \
		DIRTY_RANGE:range:0-0xfff
	start_refused ERANGE attribute=DIRTY_RANGE "has the address spaces 0 to 0, not 1" DIRTY_RANGE:range:0-0xfff-1
	start_refused EINVAL attribute=DIRTY_RANGE "0x1000 to 0x2fff overlap with an earlier range" \
		DIRTY_RANGE:range:0-0x1fff DIRTY_RANGE:range:0x1000-0x2fff
	start_refused EINVAL attribute=DIRTY_RANGE "overlap" DIRTY_RANGE:range:0-0xffff DIRTY_RANGE:range:0-0xffff
	start_refused EINVAL missing=DIRTY_LAST "a first and a last address" DIRTY_RANGE:range:0
	start_refused EINVAL attribute=DIRTY_RANGE "NLA_F_NESTED is missing" DIRTY_RANGE:none
	start_refused EINVAL 'attribute=.*' "" DIRTY_PAGE_SIZE:u32:4096
}

@test "64 ranges can be tracked, and 65 cannot" {
	for ((i = 0; i < 64; i++)); do
		ranges+=("DIRTY_RANGE:range:$((i * 8192))-$((i * 8192 + 4095))")
	done
	start_refused E2BIG attribute=DIRTY_RANGE "more than 64 ranges" "${ranges[@]}" DIRTY_RANGE:range:0x1000000-0x1ffffff
	start_request "${ranges[@]}"
	nl_raw "${REQUEST[@]}"
	assert_equal "$(tracked keep | jq '.ranges | length')" 64
	assert_equal "$(tracked keep | jq .pages)" 64
}

@test "it is started once, and neither read nor stopped before" {
	not_tracked
	kernel_refuses ENOENT attribute=DEV_NAME "device d0: the pages it writes are not noted" dev-dirty-stop DEV_NAME:str:d0
	get_refused ENOENT attribute=DEV_NAME "are not noted" 0 0xfff

	"$VDPA_TOOL" dev dirty start d0 range $ALL
	start_request
	kernel_refuses EALREADY attribute=DEV_NAME "device d0: the pages it writes are noted already" "${REQUEST[@]}"
	assert_equal "$(pages)" 65536

	"$VDPA_TOOL" dev dirty stop d0
	not_tracked
	"$VDPA_TOOL" dev dirty start d0 page_size 65536
	run -0 "$VDPA_TOOL" dev dirty show d0 keep range 0-0xffffff
	assert_equal "$output" "d0: page_size 65536
  ranges 0x0-0xffffffffffffffff
  dirty 0x0-0xffffff
  pages 256"
}

@test "a read beyond what is tracked, or of half a page, is refused, and clears nothing" {
	"$VDPA_TOOL" dev dirty start d0 range 0x0-0xffff range 0x20000-0x2ffff
	get_refused ERANGE attribute=DIRTY_FIRST "0x0 to 0x10fff are not within a range that is tracked" 0 0x10fff
	get_refused ERANGE attribute=DIRTY_FIRST "0x0 to 0x2ffff are not within" 0 0x2ffff
	get_refused ERANGE attribute=DIRTY_FIRST "0x10000 to 0x1ffff are not within" 0x10000 0x1ffff
	get_refused ERANGE attribute=DIRTY_FIRST "are not within" 0 0xffff DIRTY_ASID:u32:1
	get_refused EINVAL attribute=DIRTY_FIRST "0x1 to 0xfff are not whole pages" 1 0xfff
	get_refused EINVAL attribute=DIRTY_FIRST "0x0 to 0x1000 are not whole pages" 0 0x1000
	get_refused EINVAL attribute=DIRTY_FIRST "0x1000 to 0xfff are not whole pages" 0x1000 0xfff
	kernel_refuses EINVAL missing=DIRTY_LAST "a first and a last address" dev-dirty-get DEV_NAME:str:d0 DIRTY_FIRST:u64:0
	kernel_refuses EINVAL missing=DIRTY_FIRST "a first and a last address" dev-dirty-get DEV_NAME:str:d0 \
		DIRTY_LAST:u64:0xfff
	kernel_refuses EINVAL missing=DIRTY_FIRST "a first and a last address" dev-dirty-get DEV_NAME:str:d0 DIRTY_KEEP:none
	assert_equal "$(pages)" 32
}

@test "the command finds its arguments wrong by itself" {
	command_refuses 1 'the name of a device is missing' dev dirty start
	command_refuses 1 'the name of a device is missing' dev dirty show
	command_refuses 1 'the name of a device is missing' dev dirty stop
	command_refuses 1 'page_size "4095" is not a power of two from 4096 to 1073741824' dev dirty start d0 page_size 4095
	command_refuses 1 'page_size is given twice' dev dirty start d0 page_size 4096 page_size 4096
	command_refuses 1 'range "0x1000" is not \[ASID:\]FIRST-LAST' dev dirty start d0 range 0x1000
	command_refuses 1 'range "x:0-1" has no address space before' dev dirty start d0 range x:0-1
	command_refuses 1 'range "-1" has no address before' dev dirty start d0 range -1
	command_refuses 1 'range "1-" has no address behind' dev dirty start d0 range 1-
	command_refuses 1 'range "5-4" ends before it begins' dev dirty show d0 range 5-4
	command_refuses 1 'range: a value is missing' dev dirty show d0 range
	command_refuses 1 'unexpected argument "now"' dev dirty stop d0 now
	for ((i = 0; i < 65; i++)); do
		ranges+=(range "$((2 * i))-$((2 * i))")
	done
	command_refuses 1 'is one more than the 64 that there may be' dev dirty start d0 "${ranges[@]}"
}

@test "a parent that cannot says so, and one that has half of the operations is not registered" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	for request in start get stop; do
		kernel_refuses EOPNOTSUPP attribute=DEV_NAME "device n0: its parent does not note which pages it writes" \
			"dev-dirty-$request" DEV_NAME:str:n0
	done
	command_refuses 2 'does not note which pages' dev dirty start n0
	assert_equal "$("$VDPA_TOOL" -j dev show d0 | jq -c '.dev.d0.capabilities')" '["vq_state","vstats","dirty_tracking"]'
	assert_equal "$("$VDPA_TOOL" -j dev show n0 | jq -c '.dev.n0.capabilities | index("dirty_tracking")')" null

	rmmod vdpa_test_parent
	for half in start read stop sizes odd; do
		run ! load_parent parents=dirty half=$half
		[[ $(kernel_log) = *"vdpatest_dirty is not registered: it has a part of dirty tracking only"* ]]
	done
}

@test "a parent built for another version of the interface is registered without, and the log says so" {
	rmmod vdpa_test_parent
	load_parent parents=dirty half=version

	"$VDPA_TOOL" dev add name d0 mgmtdev "$DIRTY"

	[[ $(kernel_log) = *"vdpatest_dirty is built for version 2 of linux/vdpa_migration.h, the core for 1: not used"* ]]
	assert_equal "$("$VDPA_TOOL" -j dev show d0 | jq -c '.dev.d0.capabilities | index("dirty_tracking")')" null
}

@test "what the parent fails in changes nothing" {
	knob $DIRTY dirty_start_errno 12
	start_refused ENOMEM attribute=DEV_NAME "device d0: its parent cannot note the pages it writes: -ENOMEM"
	knob $DIRTY dirty_start_errno 16
	start_refused EBUSY attribute=DEV_NAME "its log is in use"
	knob $DIRTY dirty_start_errno 0
	"$VDPA_TOOL" dev dirty start d0 range $ALL

	knob $DIRTY dirty_read_errno 5
	get_refused EIO attribute=DEV_NAME "device d0: its parent cannot tell the pages it wrote: -EIO" 0 0xfff
	command_refuses 2 'cannot tell the pages it wrote' -j dev dirty show d0
	knob $DIRTY dirty_read_errno 75
	get_refused EOVERFLOW attribute=DEV_NAME "has lost track of what it wrote: stop, begin anew" 0 0xfff
	knob $DIRTY dirty_read_errno 0

	knob $DIRTY dirty_stop_errno 5
	kernel_refuses EIO attribute=DEV_NAME "device d0: its parent cannot end that: -EIO" dev-dirty-stop DEV_NAME:str:d0
	assert_equal "$(pages)" 65536
	knob $DIRTY dirty_stop_errno 0
	"$VDPA_TOOL" dev dirty stop d0
}

@test "what a parent has told before it fails is not lost" {
	"$VDPA_TOOL" dev dirty start d0 range $ALL
	knob $DIRTY dirty_read_words 5
	knob $DIRTY dirty_read_errno 5
	run -2 --separate-stderr "$VDPA_TOOL" -j dev dirty show d0
	assert_match "$stderr" 'cannot tell the pages'
	assert_equal "$(jq -c '[.dirty.d0.pages, .dirty.d0.dirty]' <<<"$output")" '[320,[{"asid":0,"first":0,"last":1310719}]]'
	# also where that is the end of what was asked for
	run -2 "$VDPA_TOOL" dev dirty show d0 range 1310720-2621439
	assert_match "$output" $'\n  dirty 0x140000-0x27ffff\n.*cannot tell the pages'
	knob $DIRTY dirty_read_errno 0
	assert_equal "$(pages)" $((65536 - 2 * 320))
}

@test "a parent that breaks the rules is told so, and nobody is told nonsense" {
	for rule in 1 2 4; do
		"$VDPA_TOOL" dev dirty start d0 range $ALL
		knob $DIRTY dirty_rogue $rule
		kernel_refuses EINVAL attribute=DEV_NAME "cannot tell the pages" dev-dirty-get DEV_NAME:str:d0 \
			DIRTY_FIRST:u64:0 DIRTY_LAST:u64:0xfffffff
		knob $DIRTY dirty_rogue 0
		assert_equal "$(pages)" 65536
		"$VDPA_TOOL" dev dirty stop d0
	done
	"$VDPA_TOOL" dev dirty start d0 range $ALL
	knob $DIRTY dirty_rogue 3
	get_request 0 0xfffffff
	run -2 nl_raw "${REQUEST[@]}"
	assert_equal "$(line DIRTY_LAST)" "$((2 * 64 * 4096 - 1))"
	assert_equal "$(line errno)" EINVAL
}

@test "of two who read at the same time each page goes to one" {
	for ((i = 0; i < 5; i++)); do
		"$VDPA_TOOL" dev dirty start d0 range $ALL
		start "$VDPA_TOOL" -j dev dirty show d0
		first=$PID one=$OUT
		start "$VDPA_TOOL" -j dev dirty show d0
		wait "$first"
		wait "$PID"
		assert_equal "$(jq -s 'map(.dirty.d0.pages) | add' "$one" "$OUT")" 65536
		# none twice: what both have, one after the other, leaves no page out and overlaps nowhere
		assert_equal "$(jq -sc 'map(.dirty.d0.dirty[]) | sort_by(.first) | reduce .[] as $r (0;
			if . == $r.first then $r.last + 1 else error("gap or overlap") end)' "$one" "$OUT")" 268435456
		"$VDPA_TOOL" dev dirty stop d0
	done
}

@test "who reads with keep takes nothing from who clears" {
	"$VDPA_TOOL" dev dirty start d0 range $ALL
	start "$VDPA_TOOL" -j dev dirty show d0 keep
	assert_equal "$(pages)" 65536
	wait "$PID"
	assert_equal "$(pages)" 0
}

@test "a client that is killed while it waits has taken nothing" {
	"$VDPA_TOOL" dev dirty start d0 range $ALL
	knob $DIRTY stuck_dirty 1
	start "$VDPA_TOOL" -j dev dirty show d0
	wait_until 10 held_up $DIRTY
	finish_off "$PID"
	knob $DIRTY stuck_dirty 0
	wait_until 10 not_held_up
	assert_equal "$(pages)" 65536
}
not_held_up() { ! held_up $DIRTY; }

@test "a parent that is stuck in any of them keeps nobody but who asks about that device" {
	"$VDPA_TOOL" dev add name d1 mgmtdev "$DIRTY"
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET"
	calibrate
	for command in "start d0 range $ALL" "show d0 keep" "stop d0"; do
		knob $DIRTY stuck_dirty 1
		# shellcheck disable=SC2086
		start "$VDPA_TOOL" dev dirty $command
		asked=$PID
		wait_until 10 held_up $DIRTY
		in_time "$VDPA_TOOL" dev show
		in_time "$VDPA_TOOL" dev show d0
		in_time "$VDPA_TOOL" dev config show n0
		in_time "$VDPA_TOOL" dev add name n1 mgmtdev "$NET"
		in_time "$VDPA_TOOL" dev del n1
		other_families_answer
		# who waits for it can be interrupted
		start "$VDPA_TOOL" dev dirty show d0
		wait_until 10 waits "$PID"
		finish_off -TERM "$PID"
		knob $DIRTY stuck_dirty 0
		wait "$asked"
	done
	not_tracked
}

@test "a device can be deleted while its pages are tracked, and while somebody waits for them" {
	"$VDPA_TOOL" dev dirty start d0
	"$VDPA_TOOL" dev del d0
	"$VDPA_TOOL" dev add name d0 mgmtdev "$DIRTY"
	not_tracked

	"$VDPA_TOOL" dev dirty start d0 range $ALL
	knob $DIRTY stuck_dirty 1
	start "$VDPA_TOOL" -j dev dirty show d0
	reader=$PID read=$OUT
	wait_until 10 held_up $DIRTY
	start "$VDPA_TOOL" dev del d0
	wait_until 10 unknown dev show d0
	alive "$PID"
	knob $DIRTY stuck_dirty 0
	wait "$PID"
	wait_until 10 ended "$reader"
	gone d0
	# the first answer came; there is no device to ask for the rest
	ends_with 2 "$reader"
	grep -q 'no device named d0\|just being' "$read"
}

@test "who may not, may not" {
	"$VDPA_TOOL" dev dirty start d0
	for request in start get stop; do
		run -2 setpriv --reuid=65534 --clear-groups --bounding-set=-all "$VDPA_CLIENTS/nl_raw" "dev-dirty-$request" DEV_NAME:str:d0
		assert_match "$output" 'errno=(EPERM|EACCES)'
	done
}
