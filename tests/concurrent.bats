#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900
# Many at once.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
	load_parent
}

# names PREFIX COUNT - PREFIX1 to PREFIXCOUNT, a line each
names() { seq -f "$1%g" "$2"; }

# four_workers SCRIPT - four processes run the bash SCRIPT at once, each with a letter of its own as $1; all succeed.
four_workers() {
	local worker WORKERS=() OUTPUTS=()

	for worker in a b c d; do
		start bash -euc "$1" worker "$worker"
		WORKERS+=("$PID")
		OUTPUTS+=("$OUT")
	done
	for worker in "${WORKERS[@]}"; do
		wait "$worker" || fail "a worker failed:" "$(cat "${OUTPUTS[@]}")" || return
	done
}

@test "200 devices are added, shown and deleted by four processes at once" {
	export VDPA_TOOL NET BLK

	# shellcheck disable=SC2016
	four_workers 'for i in {1..50}; do
		[ $((i % 2)) = 1 ] && parent=$NET || parent=$BLK
		"$VDPA_TOOL" dev add name "$1$i" mgmtdev "$parent"
		"$VDPA_TOOL" dev show "$1$i" >/dev/null
	done'

	[ "$(devices)" = "$(for worker in a b c d; do names "$worker" 50; done | sort)" ]
	in_sysfs=("$BUS"/devices/*)
	[ "${#in_sysfs[@]}" -eq 200 ]
	[ "$("$VDPA_TOOL" -j dev show | jq '.dev | length')" -eq 200 ]
	[ "$("$VDPA_TOOL" -j dev config show | jq '.config | length')" -eq 200 ]

	# shellcheck disable=SC2016
	four_workers 'for i in {1..50}; do
		"$VDPA_TOOL" dev del "$1$i"
		if "$VDPA_TOOL" dev show "$1$i" 2>/dev/null; then exit 1; fi
	done'

	[ -z "$(devices)" ]
	[ -z "$(ls "$BUS/devices")" ]
}

@test "of two parents that race for a name exactly one gets it" {
	for round in {1..25}; do
		start nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
		one=$PID first=$OUT
		start nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$BLK"
		other=$PID second=$OUT
		won=0
		for process in "$one" "$other"; do
			! wait "$process" || won=$((won + 1))
		done

		[ "$won" -eq 1 ]
		[ "$(cat "$first" "$second" | grep -c '^errno=0$')" -eq 1 ]
		[ "$(cat "$first" "$second" | grep -c '^errno=EEXIST$')" -eq 1 ]
		[ "$(devices)" = n0 ]
		nl_raw dev-del DEV_NAME:str:n0
	done
}

@test "of several who delete one device exactly one does, the others find it going or gone" {
	for round in {1..15}; do
		nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET"
		processes=() outputs=()
		for i in 1 2 3; do
			start nl_raw dev-del DEV_NAME:str:n0
			processes+=("$PID") outputs+=("$OUT")
		done
		won=0
		for process in "${processes[@]}"; do
			! wait "$process" || won=$((won + 1))
		done

		[ "$won" -eq 1 ]
		[ "$(cat "${outputs[@]}" | grep -cE '^errno=(0|EBUSY|ENODEV)$')" -eq 3 ]
		gone n0
	done
}

@test "a device that exists throughout a dump is in it exactly once, whatever comes and goes" {
	local request dump

	# shellcheck disable=SC2046
	add_all "$NET" $(names s 40)
	[ "$(devices)" = "$(names s 40 | sort)" ]
	export VDPA_CLIENTS NET
	# shellcheck disable=SC2016
	start bash -c 'while :; do
		"$VDPA_CLIENTS/nl_raw" dev-new DEV_NAME:str:t1 "MGMTDEV_DEV_NAME:str:$NET" --next \
			dev-new DEV_NAME:str:t2 "MGMTDEV_DEV_NAME:str:$NET" --next dev-del DEV_NAME:str:t1 --next \
			dev-new DEV_NAME:str:t3 "MGMTDEV_DEV_NAME:str:$NET" --next dev-del DEV_NAME:str:t2 --next \
			dev-del DEV_NAME:str:t3
	done'

	for round in {1..10}; do
		for request in dev-get dev-config-get; do
			dump=$(nl_raw --dump "$request")
			[ "$(sed -n 's/^DEV_NAME=\(s.*\)/\1/p' <<<"$dump" | sort)" = "$(names s 40 | sort)" ]
			[ -z "$(sed -n 's/^DEV_NAME=//p' <<<"$dump" | sort | uniq -d)" ]
		done
	done
	alive "$PID"
}

@test "a dump whose devices changed on the way says so, and misses none of those that stayed" {
	# shellcheck disable=SC2046
	add_all "$NET" $(names s 60)
	[ "$(devices)" = "$(names s 60 | sort)" ]

	run -0 nl_raw --dump dev-get
	[ -z "$(line interrupted)" ]

	run -0 nl_raw --between "$VDPA_CLIENTS/nl_raw dev-del DEV_NAME:str:s3 >/dev/null" --dump dev-get
	[ "$(line interrupted)" = 1 ]
	[ "$(sed -n 's/^DEV_NAME=//p' <<<"$output" | grep -vx s3 | sort)" = "$(names s 60 | grep -vx s3 | sort)" ]

	run -0 nl_raw --between "$VDPA_CLIENTS/nl_raw dev-new DEV_NAME:str:s3 MGMTDEV_DEV_NAME:str:$BLK >/dev/null" --dump dev-get
	[ "$(line interrupted)" = 1 ]
	[ "$(sed -n 's/^DEV_NAME=//p' <<<"$output" | grep -vx s3 | sort)" = "$(names s 60 | grep -vx s3 | sort)" ]
}

@test "clients that leave in the middle of a dump leave nothing behind" {
	# shellcheck disable=SC2046
	add_all "$NET" $(names s 60)
	[ "$(devices)" = "$(names s 60 | sort)" ]

	for round in {1..10}; do
		run nl_raw --between false --dump dev-config-get
		[ "$status" -eq 3 ]
		[[ $output = *DEV_NAME=s1* && $output = *'command between'* ]]
	done

	rmmod vdpa_test_parent
	unload_core
}

@test "readers and writers of one device get along" {
	nl_raw dev-new DEV_NAME:str:n0 "MGMTDEV_DEV_NAME:str:$NET" DEV_NET_CFG_MACADDR:hex:525400000000
	export VDPA_CLIENTS

	# shellcheck disable=SC2016
	four_workers 'for i in {10..30}; do
		"$VDPA_CLIENTS/nl_raw" dev-config-get DEV_NAME:str:n0 --next --dump dev-get --next \
			dev-attr-set DEV_NAME:str:n0 "DEV_NET_CFG_MACADDR:hex:5254000000$i" --next --dump dev-config-get
	done'

	[ "$(field dev-config-get n0 DEV_NET_CFG_MACADDR)" = 52:54:00:00:00:30 ]
}
