#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900
# processors: 2
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

# outcomes FILE… - what has come of the requests whose replies nl_raw has put there, an errno each, to the array OUTCOMES
outcomes() {
	local file line

	OUTCOMES=()
	for file; do
		while IFS= read -r line; do
			[[ $line != errno=* ]] || OUTCOMES+=("${line#errno=}")
		done <"$file"
	done
}

# four_batches COMMAND… - four processes of the command at once, each in its own batch, with the COMMANDs for each of fifty
# devices of its own: DEV is its name there, PARENT a management device. What the one of letter x printed is in the file
# x.out, what it complained of in x.err, its status in STATUS[x].
four_batches() {
	local i worker text commands batch=$BATS_TEST_TMPDIR workers=()
	local -a parents=("$BLK" "$NET")

	commands=$(printf '%s\n' "$@")
	for worker in a b c d; do
		for i in {1..50}; do
			text=$commands
			text=${text//DEV/$worker$i}
			echo "${text//PARENT/${parents[i % 2]}}"
		done >"$batch/$worker"
	done
	for worker in a b c d; do
		"$VDPA_TOOL" -force -parallel 64 -batch "$batch/$worker" >"$batch/$worker.out" 2>"$batch/$worker.err" 3>&- &
		STARTED+=("$!") workers+=("$!")
	done
	for worker in a b c d; do
		STATUS[$worker]=0
		wait "${workers[0]}" || STATUS[$worker]=$?
		workers=("${workers[@]:1}")
	done
}

@test "200 devices are added, shown and deleted by four processes at once" {
	local -A STATUS
	local worker expected

	four_batches 'dev add name DEV mgmtdev PARENT' 'dev show DEV'

	for worker in a b c d; do
		assert_equal "${STATUS[$worker]}: $(<"$BATS_TEST_TMPDIR/$worker.err")" '0: '
		expected=$(names "$worker" 50)
		assert_equal "$(sed -n 's/: type .*//p' "$BATS_TEST_TMPDIR/$worker.out")" "$expected"
	done
	[ "$(devices)" = "$(for worker in a b c d; do names "$worker" 50; done | sort)" ]
	in_sysfs=("$BUS"/devices/*)
	[ "${#in_sysfs[@]}" -eq 200 ]
	[ "$("$VDPA_TOOL" -j dev show | jq '.dev | length')" -eq 200 ]
	[ "$("$VDPA_TOOL" -j dev config show | jq '.config | length')" -eq 200 ]

	four_batches 'dev del DEV' 'dev show DEV'

	for worker in a b c d; do
		expected=$(for i in {1..50}; do
			echo "vdpa: $BATS_TEST_TMPDIR/$worker:$((2 * i)): $worker$i: no device named $worker$i (VDPA_ATTR_DEV_NAME)"
		done)
		assert_equal "${STATUS[$worker]}: $(<"$BATS_TEST_TMPDIR/$worker.err")" "2: $expected"
		assert_equal "$(<"$BATS_TEST_TMPDIR/$worker.out")" ''
	done
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
		outcomes "$first" "$second"
		[[ ${OUTCOMES[*]} = '0 EEXIST' || ${OUTCOMES[*]} = 'EEXIST 0' ]]
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
		outcomes "${outputs[@]}"
		[[ ${OUTCOMES[*]} =~ ^((0|EBUSY|ENODEV)( |$)){3}$ ]]
		gone n0
	done
}

@test "a device that exists throughout a dump is in it exactly once, whatever comes and goes" {
	local request dump

	# shellcheck disable=SC2046
	add_all "$NET" $(names s 40)
	stay=$(names s 40 | sort)
	[ "$(devices)" = "$stay" ]
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
			dump=$(nl_raw --dump "$request" | sed -n 's/^DEV_NAME=//p' | sort)
			[ "$(grep '^s' <<<"$dump")" = "$stay" ]
			[ -z "$(uniq -d <<<"$dump")" ]
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
