#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is compatible with what, judged offline: "vdpa migration check" with two files, which needs no kernel. What it makes
# of files that are malformed, huge or hostile. It is run without privileges.

load ../lib/common

setup_file() { export CASES=$BATS_TEST_DIRNAME/../migration_cases.txt; }

vdpa() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --bounding-set=-all --inh-caps=-all "$VDPA_TOOL" "$@"
	else
		"$VDPA_TOOL" "$@"
	fi
}

# judge N - what the command says of a case: fit, unfit, unknown, refused, or what it did that it must not.
judge() {
	run --separate-stderr vdpa -j migration check source "$DIR/$1.source" target "$DIR/$1.target"
	case $status in
	0)
		case $output in
		'{"check":{"here":{"compatible":true,"mismatches":[]}}}') [ -z "$stderr" ] && echo fit ;;
		'{"check":{"here":{"compatible":true,"mismatches":[],"unknown":["'*'"]}}}') [ -z "$stderr" ] && echo unknown ;;
		*) false ;;
		esac ;;
	3) [[ $output = '{"check":{"here":{"compatible":false,"mismatches":[{"attribute":'* && -z $stderr ]] && echo unfit ;;
	1) [[ -z $output && $stderr = "{\"error\":{\"errno\":\"E"*",\"message\":"*",\"path\":\"$DIR/$1.source\"}}" ]] && echo refused ;;
	esac || echo "status $status, \"$output\", \"$stderr\""
}

# file NAME ATTRIBUTE… - a device's description in a file of that name; its attributes are JSON.
file() {
	local IFS=,

	echo "{\"dev\":{\"$1\":{\"class\":\"net\",\"attributes\":[${*:2}]}}}" >"$BATS_TEST_TMPDIR/$1"
}

# number NAME RULE VALUE - an attribute of type u64
number() { echo "{\"name\":\"$1\",\"type\":\"u64\",\"rule\":\"$2\",\"value\":$3}"; }

check() { vdpa "${@:3}" migration check source "$BATS_TEST_TMPDIR/$1" target "$BATS_TEST_TMPDIR/$2"; }

# refused FILE PATTERN - that file is refused in a second or so with a message that names it and that PATTERN matches, and
# with no more than 256 MiB of memory for it.
refused() {
	run --separate-stderr bash -c "ulimit -v $((256 * 1024)); exec timeout 20 '$VDPA_TOOL' -j migration check \
		source '$1' target '$1'"
	[ "$status" -eq 1 ] || fail "status $status" "$output" "$stderr"
	[ -z "$output" ]
	[[ $(jq -r '"\(.error.path): \(.error.message)"' <<<"$stderr") =~ ^"$1: "$2 ]] || fail "the message does not say \"$2\"" "$stderr"
}

# The cases

@test "offline every case has the verdict that the table says" {
	local n verdict sentence expected wrong=0 count=0

	DIR=$BATS_TEST_TMPDIR
	"$BATS_TEST_DIRNAME/migration-cases" "$CASES" "$DIR" >"$DIR/list"
	while IFS=$'\t' read -r n verdict sentence; do
		case $verdict in
		fit | unfit | unknown) expected=$verdict ;;
		malformed | unreadable) expected=refused ;;
		*) fail "what is the verdict \"$verdict\"?" ;;
		esac
		count=$((count + 1))
		judged=$(judge "$n")
		[ "$judged" = "$expected" ] || { echo "$judged instead of $expected: $sentence" >&2; wrong=$((wrong + 1)); }
	done <"$DIR/list"
	echo "$count cases"
	((count >= 60))
	assert_equal "$wrong" 0
}

@test "a device that is described is compatible with itself" {
	file a "$(number x equal 5)" "$(number y at-least 7)" '{"name":"z","type":"set","rule":"superset","value":["a","b"]}'
	run -0 check a a
	assert_equal "$output" 'a: compatible true'
}

# What is printed

@test "every mismatch is printed with its attribute, rule and both values" {
	file a "$(number x equal 5)" "$(number y at-least 7)" "$(number z at-most 1)" "$(number w equal 1)" \
		'{"name":"r","type":"range","rule":"contains","value":{"first":"0x1","last":"0x9"}}' \
		'{"name":"s","type":"set","rule":"superset","value":["a","b"]}'
	file b "$(number x equal 6)" "$(number y at-least 6)" "$(number z at-most 1)" \
		'{"name":"r","type":"range","rule":"contains","value":{"first":"0x1","last":"0x8"}}' \
		'{"name":"s","type":"set","rule":"superset","value":[]}'
	run -3 check a b
	assert_equal "$output" "b: compatible false
  attribute x rule equal source 5 target 6 reason is not the same
  attribute y rule at-least source 7 target 6 reason is smaller at the target
  attribute w rule equal source 1 target - reason the target lacks it
  attribute r rule contains source first 0x1 last 0x9 target first 0x1 last 0x8 reason the target's range does not include it
  attribute s rule superset source a,b target - reason the target lacks \"a\""
	run -3 check a b -j
	assert_equal "$(jq -c '.check.b.mismatches[] | [.attribute, .rule, .source, .target]' <<<"$output")" \
		'["x","equal",5,6]
["y","at-least",7,6]
["w","equal",1,null]
["r","contains",{"first":"0x1","last":"0x9"},{"first":"0x1","last":"0x8"}]
["s","superset",["a","b"],[]]'
}

@test "another class is a mismatch beside all others" {
	file a "$(number x equal 5)"
	sed 's/"net"/"block"/; s/5/6/' "$BATS_TEST_TMPDIR/a" >"$BATS_TEST_TMPDIR/b"
	run -3 check a b -j
	assert_equal "$(jq -c '[.check[].mismatches[] | .attribute]' <<<"$output")" '["class","x"]'
	assert_equal "$(jq -c '.check[].mismatches[0] | [.rule, .source, .target]' <<<"$output")" '["equal","net","block"]'
}

@test "a mismatch of bits tells which are missing, one of versions what is accepted" {
	file a '{"name":"f","type":"bitmask","rule":"superset","value":"0x300c30028"}' \
		'{"name":"v","type":"version","rule":"version","value":"2.0.1"}'
	file b '{"name":"f","type":"bitmask","rule":"superset","value":"0x300c10008"}' \
		'{"name":"v","type":"version","rule":"version","value":"3.0.0","accepts":"2.0.2-2.0.4,2.1.0-"}'
	run -3 check a b
	assert_match "$output" 'lacks the bits 0x20020'
	assert_match "$output" 'within 2\.0\.2-2\.0\.4,2\.1\.0-'
}

@test "what a hostile description says does not reach the terminal as it is" {
	file a '{"name":"x","type":"string","rule":"equal","value":"\u001b[2J\u009b\n"}'
	file b '{"name":"x","type":"string","rule":"equal","value":"\u007f"}'
	run -3 check a b
	assert_match "$output" 'source \\x1b\[2J\\xc2\\x9b\\x0a target \\x7f reason'
}

@test "a management device is judged by the list of the source's class" {
	local one other

	one="{\"class\":\"net\",\"attributes\":[$(number x equal 6)]}"
	other="{\"class\":\"block\",\"attributes\":[$(number x equal 5)]}"
	file a "$(number x equal 5)"
	echo "{\"mgmtdev\":{\"pci/m\":{\"classes\":[$one,$other]}}}" >"$BATS_TEST_TMPDIR/m"
	run -3 check a m
	assert_match "$output" '^pci/m: compatible false'
	sed -i 's/"net"/"block"/' "$BATS_TEST_TMPDIR/a"
	run -0 check a m
	sed -i 's/"block"/"crypto"/' "$BATS_TEST_TMPDIR/a"
	run -3 check a m
	assert_match "$output" 'attribute class rule equal source crypto target - reason the target has no devices of this class'
}

@test "what a management device cannot tell before there is a device is no mismatch, and is named" {
	file a "$(number x equal 5)" "$(number vq_size at-least 7)" '{"name":"mac","type":"string","rule":"equal","value":"a","provision":true}'
	echo "{\"mgmtdev\":{\"pci/m\":{\"classes\":[{\"class\":\"net\",\"attributes\":[$(number x equal 5),
		{\"name\":\"mac\",\"type\":\"string\",\"rule\":\"equal\",\"provision\":true}]}]}}}" >"$BATS_TEST_TMPDIR/m"
	run -0 check a m
	assert_equal "$output" 'pci/m: compatible true
  unknown vq_size'
	run -0 check a m -j
	jq -e '.check["pci/m"] == {"compatible": true, "mismatches": [], "unknown": ["vq_size"]}' <<<"$output"
	# What is set at creation has to be told.
	sed -i 's/"mac"/"mtu"/' "$BATS_TEST_TMPDIR/m"
	run -3 check a m -j
	jq -e '.check["pci/m"] | (.mismatches | map(.attribute)) == ["mac"] and .unknown == ["vq_size"]' <<<"$output"
}

@test "a saved state describes its device" {
	file a "$(number x equal 5)"
	echo "{\"vdpa_state\":{\"version\":1,\"device\":\"n7\",\"class\":\"net\",\"attributes\":[$(number x equal 6)]}}" \
		>"$BATS_TEST_TMPDIR/s"
	run -3 check s a
	run -3 check a s
	assert_match "$output" '^n7: '
	run -0 check s s
}

@test "source and target may be standard input and pipes" {
	file a "$(number x equal 5)"
	run -0 bash -c "'$VDPA_TOOL' migration check source - target <(cat '$BATS_TEST_TMPDIR/a') <'$BATS_TEST_TMPDIR/a'"
	run -1 --separate-stderr vdpa migration check source - target -
	assert_match "$stderr" 'cannot both be standard input'
}

@test "a key that is newer than the command is passed over" {
	file a '{"name":"x","type":"u64","rule":"equal","value":5,"unit":"bytes"}'
	run -0 check a a
}

# Files that are none

@test "a file that cannot be read is named, with the reason" {
	refused "$BATS_TEST_TMPDIR/none" 'No such file or directory$'
	refused "$BATS_TEST_TMPDIR" 'Is a directory$'
}

@test "a file without JSON is refused, with the place" {
	local f=$BATS_TEST_TMPDIR/f

	: >"$f" && refused "$f" 'is empty$'
	printf ' \n\t' >"$f" && refused "$f" 'is empty$'
	printf '\0' >"$f" && refused "$f" 'no JSON: line 1, column'
	printf '{"dev":\n{x' >"$f" && refused "$f" 'no JSON: line 2, column'
	printf '\xff\xfe' >"$f" && refused "$f" 'no JSON'
	echo 5 >"$f" && refused "$f" 'no JSON'
}

@test "JSON about something else is refused" {
	local f=$BATS_TEST_TMPDIR/f

	for text in '[]' '{}' '{"port":{}}' '{"dev":{"a":{}},"mgmtdev":{}}' '[{"dev":{}}]'; do
		echo "$text" >"$f"
		refused "$f" 'is none of'
	done
	for text in '{"dev":{}}' '{"dev":[]}' '{"dev":{"a":{},"b":{}}}' '{"mgmtdev":null}'; do
		echo "$text" >"$f"
		refused "$f" 'is not about exactly one'
	done
	echo '{"dev":{"a":{}}}' >"$f" && refused "$f" 'there is no "class"'
	echo '{"dev":{"a":{"class":"net"}}}' >"$f" && refused "$f" 'there is no "attributes"'
	echo '{"dev":{"a":7}}' >"$f" && refused "$f" 'there is no "class"'
	echo '{"vdpa_state":{"class":"net","attributes":[]}}' >"$f" && refused "$f" 'the saved state names no "device"'
	echo '{"vdpa_state":7}' >"$f" && refused "$f" 'the saved state names no "device"'
}

@test "more than one document is refused" {
	file a "$(number x equal 5)"
	cat "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/a" >"$BATS_TEST_TMPDIR/f"
	refused "$BATS_TEST_TMPDIR/f" 'has more than one document'
	{ cat "$BATS_TEST_TMPDIR/a"; echo x; } >"$BATS_TEST_TMPDIR/f"
	refused "$BATS_TEST_TMPDIR/f" 'no JSON'
	{ cat "$BATS_TEST_TMPDIR/a"; printf '\0'; } >"$BATS_TEST_TMPDIR/f"
	refused "$BATS_TEST_TMPDIR/f" 'no JSON'
}

@test "a source that is a management device is refused" {
	echo '{"mgmtdev":{"m":{"classes":[{"class":"net","attributes":[]}]}}}' >"$BATS_TEST_TMPDIR/m"
	refused "$BATS_TEST_TMPDIR/m" 'is about a management device, only a device can be moved'
}

@test "a malformed target is named, not the source" {
	file a "$(number x equal 5)"
	file b "$(number x equal 5)" "$(number x equal 5)"
	run -1 --separate-stderr check a b
	[[ $stderr = *"/b: attribute x is there twice" ]] || fail "$stderr"
	echo '{"mgmtdev":{"m":{"classes":[{"class":"block","attributes":7},{"class":"net","attributes":[]}]}}}' \
		>"$BATS_TEST_TMPDIR/m"
	run -1 --separate-stderr check a m
	[[ $stderr = *'/m: there is no "attributes" with an array' ]] || fail "$stderr"
	echo '{"mgmtdev":{"m":{"classes":[{"class":"net","attributes":[]},{"class":"net","attributes":[]}]}}}' \
		>"$BATS_TEST_TMPDIR/m"
	run -1 --separate-stderr check a m
	[[ $stderr = *'/m: one class is there twice' ]] || fail "$stderr"
}

# Files that are too much

@test "a file of 100 MiB is refused, whatever is in it" {
	local f=$BATS_TEST_TMPDIR/f

	truncate -s 100M "$f" && refused "$f" 'no JSON: line 1, column'
	head -c 100M /dev/zero | tr '\0' ' ' >"$f" && refused "$f" 'is larger than 16 MiB$'
	file a "$(number x equal 5)"
	{ cat "$BATS_TEST_TMPDIR/a"; head -c 100M /dev/zero | tr '\0' '\n'; } >"$f" && refused "$f" 'is larger than 16 MiB$'
	{ printf '{"dev":{"'; head -c 100M /dev/zero | tr '\0' a; printf '"'; } >"$f" && refused "$f" 'is larger than 16 MiB$'
	refused /dev/zero 'no JSON: line 1, column'
}

@test "a file of just 16 MiB is read" {
	file a "$(number x equal 5)"
	truncate -s 16M "$BATS_TEST_TMPDIR/f"
	tr '\0' ' ' <"$BATS_TEST_TMPDIR/f" | dd of="$BATS_TEST_TMPDIR/b" status=none
	dd if="$BATS_TEST_TMPDIR/a" of="$BATS_TEST_TMPDIR/b" conv=notrunc status=none
	run -0 check b a
	echo >>"$BATS_TEST_TMPDIR/b"
	refused "$BATS_TEST_TMPDIR/b" 'is larger than 16 MiB$'
}

@test "JSON that is nested deeply, or made of small things, takes neither stack nor memory" {
	local f=$BATS_TEST_TMPDIR/f

	head -c 200000 /dev/zero | tr '\0' '[' >"$f" && refused "$f" 'no JSON: .*depth'
	head -c 8M /dev/zero | tr '\0' '[' >"$f" && refused "$f" 'has more than 262144 elements'
	{ printf '['; yes '{},' | head -n 5000000; } | tr -d '\n' | head -c 16000000 >"$f" && refused "$f" 'has more than 262144 elements'
	{ printf '{"a":'; yes '{"a":' | head -n 20000; } | tr -d '\n' >"$f" && refused "$f" 'no JSON: .*depth'
}

@test "256 attributes are taken, 257 are not" {
	local list

	list=$(for i in {1..256}; do number "x$i" equal "$i"; done | paste -sd,)
	file a "$list"
	run -0 check a a
	file b "$list,$(number y equal 5)"
	refused "$BATS_TEST_TMPDIR/b" 'there are more than 256 attributes'
}

@test "256 members of a set are taken, 257 are not" {
	local members

	members=$(for i in {1..256}; do echo "\"m$i\""; done | paste -sd,)
	file a "{\"name\":\"x\",\"type\":\"set\",\"rule\":\"superset\",\"value\":[$members]}"
	run -0 check a a
	file b "{\"name\":\"x\",\"type\":\"set\",\"rule\":\"superset\",\"value\":[$members,\"y\"]}"
	refused "$BATS_TEST_TMPDIR/b" 'attribute x: its value has more than 256 members'
}

@test "more than fits into a request is refused" {
	local text list

	text=$(printf 'a%.0s' {1..255})
	list=$(for i in {1..256}; do
		echo "{\"name\":\"x$i\",\"type\":\"string\",\"rule\":\"equal\",\"value\":\"$text\"}"
	done | paste -sd,)
	file a "$list"
	refused "$BATS_TEST_TMPDIR/a" 'has more attributes than fit into a request'
}

# Arguments

@test "check wants a source and exactly one target" {
	file a "$(number x equal 5)"
	for words in '' 'source a' 'target a' 'source a target a dev n0' 'source a dev n0 mgmtdev m0' 'dev n0'; do
		run -1 --separate-stderr vdpa migration check $words
		assert_match "$stderr" '(is missing|exactly one of target, dev and mgmtdev)'
	done
	run -1 --separate-stderr vdpa migration check source '' target a
	assert_match "$stderr" 'source "" is empty'
}

@test "files are read before the kernel is asked" {
	for words in 'check source none dev n0' 'check source none mgmtdev m0' 'find source none' \
		'plan source none mgmtdev m0 name n0'; do
		run -1 --separate-stderr vdpa migration $words
		assert_match "$stderr" '^vdpa: none: No such file or directory$'
	done
}
