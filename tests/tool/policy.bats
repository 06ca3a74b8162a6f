#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What an operator knows beyond the rules: policy files, judged offline. What the kernel says to the same is in policy.bats
# of the directory above. The command is run without privileges.

load ../lib/common

setup() {
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	umask 022
}

vdpa() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --bounding-set=-all --inh-caps=-all "$VDPA_TOOL" "$@"
	else
		"$VDPA_TOOL" "$@"
	fi
}

PARENT='{"name":"parent","type":"string","rule":"equal","value":"mlx5_vdpa"}'

# file NAME ATTRIBUTE… - a NIC of mlx5_vdpa in the file of that name; its attributes are JSON.
file() {
	local IFS=,

	echo "{\"dev\":{\"$1\":{\"class\":\"net\",\"attributes\":[$PARENT,${*:2}]}}}" >"$1"
}

# attribute NAME TYPE RULE VALUE
attribute() { echo "{\"name\":\"$1\",\"type\":\"$2\",\"rule\":\"$3\",\"value\":$4}"; }
build() { attribute software_version string equal "\"build $1\""; }

# policy LINE… - a policy, in the file "policy"
policy() { printf '%s\n' "$@" >policy; }

# about ATTRIBUTE WORDS… - an entry, all of it in one line
about() { echo "parent mlx5_vdpa class net attribute $1 ${*:2} reason \"seen to work\""; }

check() { vdpa "${@:3}" migration check source "$1" target "$2" policy policy; }

# unfit ATTRIBUTE… - a cannot move to b, because of these attributes, and nothing is waived.
unfit() {
	run -3 check a b -j
	assert_equal "$(jq -r '.check.b.mismatches[].attribute' <<<"$output" | paste -sd' ')" "$*"
	jq -e '.check.b | has("waivers") | not' <<<"$output"
}

# waived ATTRIBUTE… - a can move to b, because these are waived.
waived() {
	run -0 check a b -j
	assert_equal "$(jq -r '.check.b.waivers[].waived' <<<"$output" | paste -sd' ')" "$*"
	jq -e '.check.b | .compatible and .mismatches == []' <<<"$output"
}

# broken PATTERN [LINE…] - the policy is refused with a message that PATTERN matches, and there is no verdict.
broken() {
	[ $# = 1 ] || policy "${@:2}"
	run -1 --separate-stderr check a b
	[ -z "$output" ]
	assert_match "$stderr" "^vdpa: $1"
}

two_builds() {
	file a "$(build '6.12.110 #1 SMP aa')"
	file b "$(build '6.12.117 #1 SMP bb')"
	PAIR='source "build 6.12.110 #1 SMP aa" target "build 6.12.117 #1 SMP bb"'
}

# What is waived

@test "an entry waives one attribute from one value to another, and the verdict says which, by which file and line, and why" {
	two_builds
	policy '# what we know of our kernels' '' 'parent mlx5_vdpa class net attribute software_version' "	$PAIR  # a pair" \
		'	rule info reason "500 moves of \"lab\" guests, ticket \\4711"'

	run -0 check a b
	assert_equal "$output" 'b: compatible true
  waived software_version rule equal becomes info source build 6.12.110 #1 SMP aa target build 6.12.117 #1 SMP bb file policy line 3 reason 500 moves of "lab" guests, ticket \4711'
	run -0 check a b -j
	assert_equal "$(jq -c '.check.b | keys_unsorted' <<<"$output")" '["compatible","mismatches","waivers"]'
	assert_equal "$(jq -c '.check.b.waivers[0]' <<<"$output")" '{"waived":"software_version","rule":"equal","becomes":"info","source":"build 6.12.110 #1 SMP aa","target":"build 6.12.117 #1 SMP bb","file":"policy","line":3,"reason":"500 moves of \"lab\" guests, ticket \\4711"}'
	# Not back, and not for others.
	run -3 check b a
	for word in mlx5_vdpa net software_version 6.12.110 6.12.117; do
		policy "$(about software_version "$PAIR" rule info | sed "s/$word/other/; s/class other/class block/")"
		unfit software_version
	done
}

@test "where nothing is in the way nothing is waived, and other mismatches stay" {
	two_builds
	policy "$(about software_version "$PAIR" rule info)"
	cp a b
	run -0 check a b -j
	jq -e '.check.a == {"compatible": true, "mismatches": []}' <<<"$output"

	file a "$(build '6.12.110 #1 SMP aa')" "$(attribute x u64 equal 5)"
	file b "$(build '6.12.117 #1 SMP bb')" "$(attribute x u64 equal 6)"
	run -3 check a b -j
	jq -e '.check.b | .compatible == false and (.mismatches | map(.attribute)) == ["x"] and (.waivers | map(.waived)) ==
		["software_version"]' <<<"$output"
}

@test "versions are named by ranges" {
	file a "$(attribute software_version version version '"1.9.3"')"
	file b "$(attribute software_version version version '"3.0.0"')"
	policy "$(about software_version source 1.9.0-1.9.7,1.10.0- target 3.0.0 rule info)" && waived software_version
	policy "$(about software_version source 1.9.4- target 3.0.0 rule info)" && unfit software_version
	policy "$(about software_version source 1.9.3 target 3.0.1-3.9.9 rule info)" && unfit software_version
	broken 'policy:1: source "1.9" is no version' "$(about software_version source 1.9 target 3.0.0 rule info)"
	broken 'policy:1: target "any" is no version' "$(about software_version source 1.9.3 target any rule info)"
	# Both are about it.
	broken 'policy:2: is about the same as policy:1 here' "$(about software_version source 1.0.0-1.9.9 target 3.0.0 rule info)" \
		"$(about software_version source 1.9.0- target 3.0.0 rule info)"
}

@test "values of every type can be named, also that there is none" {
	local list=(
		'u64|5|7|5|7' 'u64|5|7|0x5|0x7' 'bitmask|"0x30"|"0x10"|0x30|16'
		'bitmask|"0x100000000000000000"|"0x1"|0x100000000000000000|1' 'set|["a","b"]|["c"]|b,a|c' 'set|["a"]|[]|a|""'
		'range|{"first":1,"last":9}|{"first":2,"last":"0x9"}|1-9|0x2-9' 'string|""|"x"|""|x'
	)
	for case in "${list[@]}"; do
		IFS='|' read -r type from to source target <<<"$case"
		file a "$(attribute x "$type" equal "$from")"
		file b "$(attribute x "$type" equal "$to")"
		policy "$(about x source "$source" target "$target" rule info)" && waived x
		policy "$(about x source "$target" target "$source" rule info)" && unfit x
	done
	file a "$(attribute x u64 equal 5)"
	file b "$(attribute y u64 equal 5)"
	policy "$(about x source 5 target - rule info)" && waived x
	policy "$(about x source 5 target 5 rule info)" && unfit x
	broken 'policy:1: source "five" is no u64' "$(about x source five target - rule info)"
	file a "$(attribute x range equal '{"first":1,"last":9}')" && file b "$(attribute x range equal '{"first":1,"last":8}')"
	broken 'policy:1: source "1" is no range' "$(about x source 1 target 1-8 rule info)"
	# Of a type that nobody here knows there is no value to name.
	file a "$(attribute x tuple equal 5)" && file b "$(attribute x tuple equal 6)"
	policy "$(about x source 5 target 6 rule info)" && unfit x
}

@test "a rule is replaced by one with which whatever is equal complies, whatever the values" {
	file a "$(attribute x u64 equal 5)"
	file b "$(attribute x u64 equal 6)"
	policy "$(about x rule at-least)" && waived x
	policy "$(about x rule at-most)" && unfit x
	policy "$(about x source 6 rule at-least)" && unfit x
	# It does not fit the type.
	policy "$(about x rule superset)" && unfit x
	file a "$(attribute x u64 at-most 5)"
	broken 'policy:1: the rule of x is at-most, which only info relaxes' "$(about x rule at-least)"
	policy "$(about x source 5 target 6 rule info)" && waived x
}

@test "the class and a management device's lack of it are no attributes: they are not waived" {
	two_builds
	sed -i 's/"net"/"block"/' b
	policy "$(about class source net target block rule info)" "$(about software_version "$PAIR" rule info)"
	run -3 check a b -j
	jq -e '.check.b.mismatches | map(.attribute) == ["class"]' <<<"$output"
}

# Files that are none

@test "what is broken in a file is told with its line, and waives nothing" {
	two_builds
	good=$(about software_version "$PAIR" rule info)
	broken 'policy:2: "drvier" is none of parent, class, .* and reason' '' "${good/parent/drvier}"
	broken 'policy:1: reason: a value is missing' "${good%\"seen*}"
	for key in parent class attribute rule reason; do
		broken "policy:1: the entry has no $key" "$(sed -E "s/$key (\"[^\"]*\"|[^ ]*) ?//" <<<"$good")"
		broken "policy:1: the entry has no $key" "$(sed -E "s/$key (\"[^\"]*\"|[^ ]*)/$key \"\"/" <<<"$good")"
	done
	for key in source target; do
		broken 'policy:1: an entry with the rule info needs source and target' "$(sed -E "s/$key \"[^\"]*\"//" <<<"$good")"
	done
	broken 'policy:3: rule is given twice' "$good" '' "$good rule info"
	broken 'policy:2: rule is given twice' "$good" '	rule info'
	broken 'policy:1: a quotation does not end' "${good%\"}"
	broken 'policy:1: .*something follows it without a blank' "${good/mlx5_vdpa/\"mlx5_vdpa\"x}"
	broken 'policy:1: "disc" is no device class' "${good/net/disc}"
	broken 'policy:1: "maybe" is no rule' "${good/info/maybe}"
	broken 'policy:1: goes on with an entry, and there is none' "	$good"
	broken 'policy:1: reason is not printable UTF-8' "${good/seen/$'\e[2J'}"
	broken 'policy:1: reason is not printable UTF-8' "${good/seen/$'\xff'}"
	broken 'policy:1: the reason is longer than 255 bytes' "${good/seen/$(printf 'x%.0s' {1..255})}"
	printf '%s\0\n' "$good" >policy && broken 'policy:1: has a NUL in it'
	printf '%s' "$good" >policy && waived software_version
	# That it would not have been needed is no excuse.
	cp a b
	broken 'policy:1: "maybe" is no rule' "${good/info/maybe}"
}

@test "two entries about the same are refused, in one file and in two" {
	two_builds
	good=$(about software_version "$PAIR" rule info)
	broken 'policy:3: is about the same as policy:1' "$good" '' "${good/seen/heard}"
	broken 'policy:2: is about the same as policy:1' "$(about x rule at-least)" "$(about x source 5 target 6 rule info)"
	policy "$(about x source 5 rule at-least)" "$(about x source 6 rule at-least)" "$good" && waived software_version
	mkdir dir
	policy "$good" && mv policy dir/20-more && cp dir/20-more dir/10-first
	run -1 --separate-stderr vdpa migration check source a target b policy dir
	assert_match "$stderr" '^vdpa: dir/20-more:1: is about the same as dir/10-first:1$'
}

@test "a file that others can write to, or that cannot be read, is refused" {
	two_builds
	policy "$(about software_version "$PAIR" rule info)"
	for mode in 664 646 666; do
		chmod $mode policy && broken 'policy: can be written to by others than its owner$'
	done
	chmod 200 policy && broken 'policy: Permission denied$'
	chmod 644 policy && waived software_version
	rm policy && broken 'policy: No such file or directory$'
	mkfifo policy && broken 'policy: is no regular file$'
	rm policy && truncate -s 2M policy && broken 'policy: is larger than 1 MiB$'
	for word in - ''; do
		run -1 --separate-stderr vdpa migration check source a target b policy "$word"
		assert_match "$stderr" 'policy "-?" is (not the name of a file|empty)'
	done
	run -1 --separate-stderr vdpa migration check source a target b policy
	assert_match "$stderr" 'policy: a value is missing'
	run -1 --separate-stderr vdpa migration check source a target b policy x policy x
	assert_match "$stderr" 'policy is given twice'
}

@test "a file of somebody else is refused" {
	[ "$(id -u)" = 0 ] || skip 'only root can give a file away'
	two_builds
	policy "$(about software_version "$PAIR" rule info)"
	chown 65534 policy
	broken 'policy: belongs to somebody else than root or the user$'
}

@test "a directory stands for the files in it, but for those that are hidden" {
	two_builds
	mkdir dir
	policy "$(about software_version "$PAIR" rule info)"
	mv policy dir/b.conf
	echo "$(about x rule at-least)" >dir/a.conf
	echo broken >dir/.hidden
	run -0 vdpa -j migration check source a target b policy dir
	jq -e '.check.b.waivers[0].file == "dir/b.conf"' <<<"$output"
	mkdir dir/c.conf
	run -1 --separate-stderr vdpa migration check source a target b policy dir
	assert_match "$stderr" '^vdpa: dir/c.conf: Is a directory$'
	rmdir dir/c.conf
	chmod 775 dir
	run -1 --separate-stderr vdpa migration check source a target b policy dir
	assert_match "$stderr" '^vdpa: dir: can be written to by others than its owner$'
	chmod 755 dir && rm dir/?.conf
	run -3 vdpa migration check source a target b policy dir
}

@test "without a policy a build is compatible with itself alone" {
	two_builds
	run -3 vdpa -j migration check source a target b
	assert_equal "$output" '{"check":{"b":{"compatible":false,"mismatches":[{"attribute":"software_version","rule":"equal","source":"build 6.12.110 #1 SMP aa","target":"build 6.12.117 #1 SMP bb","reason":"is not the same"}]}}}'
}
