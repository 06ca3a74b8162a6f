#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What an operator knows beyond the rules (policy files) counts for the kernel as it does offline, and for every command that
# asks it. What files say, and what is wrong with them, is in tool/policy.bats.

load lib/state

MIG=vdpatest_mig
DESCRIPTION=/sys/kernel/debug/vdpa_test_parent/$MIG/description
DEFAULT=/etc/vdpa/compat.d

setup() {
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	umask 022
}

teardown() {
	rm -rf /etc/vdpa
	end_started
	common_teardown
}

# disk DEV - a disk whose driver has started it; suspended
disk() {
	vdpa dev add name "$1" mgmtdev "$BLK"
	start "$VMM" "$(vhost_of "$1")" blk count 20 hold 1
	wait_until 30 said "$OUT" holding
	vdpa dev suspend "$1"
}

# another_build - b0 and b1, suspended disks of a parent that declares no version; in there.json and there.state the first one's
# description and state, as those of another build; in the file "policy" that this is known to work.
another_build() {
	local here

	load_sim ours blk
	load_bus_drivers vhost_vdpa
	knob "$BLK" version ''
	disk b0
	disk b1
	here=$(vdpa -j dev migration show b0 | jq -r '.dev.b0.attributes[] | select(.name == "software_version").value')
	[[ $here = 'build '* ]]
	vdpa -j dev migration show b0 | jq -c '(.dev.b0.attributes[] | select(.name == "software_version").value) = "build other"' \
		>there.json
	vdpa dev state save b0 |
		jq -c '(.vdpa_state.attributes[] | select(.name == "software_version").value) = "build other"' >there.state
	printf '%s\n' 'parent vdpa_sim_blk class block attribute software_version' \
		"	source \"build other\" target \"$here\"" '	rule info reason "both are of the same week"' >policy
}

WAIVED='software_version \(equal\) is waived by policy:1: both are of the same week'

@test "the kernel's verdict is the one offline, whatever was waived" {
	local case verdict

	load_core ours
	load_parent parents=mig
	vdpa dev add name m0 mgmtdev "$MIG"
	echo 'x u64 equal u64=5; y u64 at-least u64=7; z bitmask superset u64=0x3; s string equal string=q' >"$DESCRIPTION"
	parent=$(vdpa -j dev migration show m0 | jq -c '.dev.m0.attributes[] | select(.name == "parent")')
	about="parent $(jq -r .value <<<"$parent") class net reason tried attribute"
	list=(
		'fit|{"name":"x","type":"u64","rule":"equal","value":6}|x source 6 target 5 rule info'
		'unfit|{"name":"x","type":"u64","rule":"equal","value":6}|x source 6 target 6 rule info'
		'fit|{"name":"x","type":"u64","rule":"equal","value":4}|x rule at-least'
		'unfit|{"name":"x","type":"u64","rule":"equal","value":6}|x rule at-least'
		'fit|{"name":"y","type":"u64","rule":"at-least","value":9}|y source 9 target 7 rule info'
		'fit|{"name":"z","type":"bitmask","rule":"superset","value":"0x7"}|z source 0x7 target 3 rule info'
		'unfit|{"name":"z","type":"bitmask","rule":"superset","value":"0x7"}|z source 0x3 target 3 rule info'
		'fit|{"name":"s","type":"version","rule":"version","value":"1.2.3"}|s source 1.0.0-1.9.9 target q rule info'
		'fit|{"name":"gone","type":"set","rule":"superset","value":["a"]}|gone source a target - rule info'
		'fit|{"name":"x","type":"u64","rule":"newer","value":5}|x source 5 target 5 rule info'
		'unfit|{"name":"x","type":"tuple","rule":"equal","value":5}|x source 5 target 5 rule info'
	)
	vdpa -j dev migration show m0 >m0.json
	vdpa -j mgmtdev migration show "$MIG" >mig.json
	for case in "${list[@]}"; do
		IFS='|' read -r verdict attribute entry <<<"$case"
		echo "{\"dev\":{\"there\":{\"class\":\"net\",\"attributes\":[$parent,$attribute]}}}" >there
		echo "$about $entry" >policy
		for target in 'target m0.json' 'dev m0' 'target mig.json' "mgmtdev $MIG"; do
			run vdpa -j migration check source there policy policy $target
			[ "$status" = "$([ "$verdict" = fit ] && echo 0 || echo 3)" ] || fail "$case, $target: $output"
			[[ $target = target* ]] || jq -e --arg verdict "$verdict" '.check[] | (.kernel == "compatible") == ($verdict == "fit") and
				((has("waivers") or .unknown == ["gone"]) == ($verdict == "fit"))' <<<"$output" || fail "$case, $target: $output"
		done
	done
}

@test "a parent without a version moves between two builds where the policy says so: checked, found, planned and loaded" {
	another_build

	run -3 vdpa migration check source there.json dev b1
	run -0 vdpa -j migration check source there.json dev b1 policy policy
	jq -e '.check.b1 | keys_unsorted == ["compatible", "mismatches", "kernel", "waivers"] and .compatible and
		.kernel == "compatible" and (.waivers[0] | .waived == "software_version" and .file == "policy" and .line == 1 and
		.reason == "both are of the same week")' <<<"$output"

	run -3 vdpa migration find source there.json
	run -0 vdpa -j migration find source there.json policy policy
	jq -e '.find.b0 | (.candidates | map(.mgmtdev) == ["vdpasim_blk"]) and (.candidates[0].waivers[0].line == 1) and
		(.others | map(.unfit) == ["it is in use", "it is in use"])' <<<"$output"
	run -0 vdpa migration find source there.json policy policy
	assert_match "$output" $'\n  mgmtdev vdpasim_blk software_version build [^\n]*\n    waived software_version rule equal becomes info'

	run -3 vdpa migration plan source there.json mgmtdev "$BLK" name b9
	run -0 --separate-stderr vdpa migration plan source there.json mgmtdev "$BLK" name b9 policy policy
	assert_match "$output" '^vdpa dev add name b9 mgmtdev vdpasim_blk'
	assert_equal "${#lines[@]}" 1
	assert_match "$stderr" "^vdpa: vdpasim_blk: $WAIVED$"
	run -0 --separate-stderr vdpa -j migration plan source there.json mgmtdev "$BLK" name b9 policy policy
	[ -z "$stderr" ]
	jq -e '.plan.b9 | keys_unsorted == ["command", "waivers"]' <<<"$output"

	run -2 --separate-stderr vdpa dev state load b1 file there.state
	assert_match "$stderr" 'software_version: source build other'
	run -0 --separate-stderr vdpa dev state load b1 file there.state policy policy
	assert_match "$stderr" "^vdpa: b1: $WAIVED$"
	assert_equal "$(vdpa dev state save b1 | jq .vdpa_state.private)" "$(jq .vdpa_state.private there.state)"
	run -0 --separate-stderr vdpa -j dev state load b0=there.state b1=there.state policy policy
	assert_equal "$(jq -rs 'map(.warning.waiver | "\(.waived) \(.file):\(.line)") | unique | join(" ")' <<<"$stderr")" \
		'software_version policy:1'
}

@test "rounds of a pre-copy are loaded where the policy says so as well" {
	another_build
	vdpa dev state save b0 precopy |
		jq -c '(.vdpa_state.attributes[]? | select(.name == "software_version").value) = "build other"' >rounds
	(($(wc -l <rounds) > 1))

	run -2 --separate-stderr vdpa dev state load b1 file rounds
	assert_match "$stderr" 'software_version: source build other'
	run -0 --separate-stderr vdpa dev state load b1 file rounds policy policy
	assert_match "$stderr" "^vdpa: b1: $WAIVED$"
	assert_equal "$(vdpa dev state save b1 | jq .vdpa_state.private)" "$(vdpa dev state save b0 | jq .vdpa_state.private)"
}

@test "without a policy in the arguments the files in $DEFAULT count, and one that is broken stops everything" {
	another_build
	mkdir -p "$DEFAULT"
	cp policy "$DEFAULT/10-kernels"

	run -0 vdpa -j migration check source there.json dev b1
	jq -e --arg file "$DEFAULT/10-kernels" '.check.b1.waivers[0].file == $file' <<<"$output"
	run -0 vdpa migration find source there.json
	run -0 vdpa migration plan source there.json mgmtdev "$BLK" name b9
	run -0 vdpa dev state load b1 file there.state
	# The one in the arguments is instead of them.
	: >none
	run -3 vdpa migration check source there.json dev b1 policy none

	before=$(vdpa -j dev vq show b1)
	for what in 'echo broken' 'cp policy /dev/stdout'; do
		$what >"$DEFAULT/20-more"
		for words in 'migration check source there.json dev b1' 'migration check source there.json target there.json' \
			'migration find source there.json' "migration plan source there.json mgmtdev $BLK name b9" \
			'dev state load b1 file there.state'; do
			run -1 --separate-stderr vdpa $words
			[ -z "$output" ]
			assert_match "$stderr" "^vdpa: $DEFAULT/20-more:1: "
		done
	done
	assert_equal "$(vdpa -j dev vq show b1)" "$before"
	rm "$DEFAULT/20-more"
	chmod 666 "$DEFAULT/10-kernels"
	run -1 --separate-stderr vdpa dev state load b1 file there.state
	assert_match "$stderr" 'can be written to by others'
}

@test "a policy is about a target as it is: one that changes is judged anew" {
	another_build
	run -0 vdpa migration check source there.json dev b1 policy policy
	knob "$BLK" version 2.0.0
	run -3 vdpa migration check source there.json dev b1 policy policy
	run -2 vdpa dev state load b1 file there.state policy policy
}
