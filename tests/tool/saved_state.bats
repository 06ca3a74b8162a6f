#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Descriptions and saved states between the kernel's messages and files, and what becomes of them when either is hostile.
# test_migration.c plays the kernel; it is built with the address and undefined behaviour sanitizers.

load ../lib/common

setup_file() { make -s -C "$VDPA_TOP" build/checked/test_migration; }

kernel() { "$VDPA_TOP/build/checked/test_migration" "$@"; }

# pattern BYTES - the private state that the kernel plays
pattern() { perl -e 'print pack "C*", map { $_ % 251 } 0 .. $ARGV[0] - 1' "$1"; }

# state [JQ-FILTER] - a good document in the file $F, changed by the filter
state() {
	F=$BATS_TEST_TMPDIR/state
	kernel save 3 100 7 | jq -c "${1:-.}" >"$F"
}

# refused PATTERN - the file $F is refused, with a message that it matches.
refused() {
	run -1 --separate-stderr kernel load "$F"
	[ -z "$output" ]
	[[ $stderr =~ ^"vdpa: $F: ".*$1 ]] || fail "the message does not say \"$1\"" "$stderr"
}

# Descriptions

@test "a description that went through the kernel has the same verdict" {
	local n verdict sentence status count=0
	declare -A statuses=([fit]=0 [unfit]=3)

	cd "$BATS_TEST_TMPDIR"
	"$BATS_TEST_DIRNAME/migration-cases" "$VDPA_TOP/tests/migration_cases.txt" . >list
	while IFS=$'\t' read -r n verdict sentence; do
		[[ $verdict = *fit ]] || continue
		kernel describe "$n.source" | sed 's/.*/{"dev":{"there":&}}/' >back
		run "-${statuses[$verdict]}" "$VDPA_TOOL" migration check source back target "$n.target"
		# And nothing is lost in it the second time.
		kernel describe back | sed 's/.*/{"dev":{"there":&}}/' | cmp back
		count=$((count + 1))
	done <list
	((count > 100))
}

@test "numbers come back exactly, up to the last of 64 bits, and larger ones are refused by name" {
	F=$BATS_TEST_TMPDIR/f
	for value in 0 17 9223372036854775807 9223372036854775808 18446744073709551615; do
		# As a number, as a string, and as versions before this one have written it.
		for form in "$value" "\"$value\"" "\"$(printf '0x%x' "$value")\""; do
			echo "{\"dev\":{\"a\":{\"class\":\"net\",\"attributes\":[{\"name\":\"x\",\"type\":\"u64\",\"rule\":\"equal\",\"value\":$form}]}}}" >"$F"
			run -0 kernel describe "$F"
			[[ $output = *"\"value\":$value}"* ]] || fail "$output"
		done
	done
	for value in 18446744073709551616 '"18446744073709551616"' 99999999999999999999999 1.8446744073709552e19 -1 -9223372036854775808; do
		echo "{\"dev\":{\"a\":{\"class\":\"net\",\"attributes\":[{\"name\":\"x\",\"type\":\"u64\",\"rule\":\"equal\",\"value\":$value}]}}}" >"$F"
		run -1 --separate-stderr kernel describe "$F"
		assert_match "$stderr" "$F: attribute x: its value is not a whole number from 0 to 2\^64 - 1"
	done
	# A large number where there is to be a word, or within one, is no number.
	echo '{"dev":{"18446744073709551615":{"class":"net","attributes":[{"name":"x","type":"string","rule":"equal","value":"18446744073709551615"}]}}}' >"$F"
	run -0 kernel describe "$F"
	[[ $output = *'"value":"18446744073709551615"}'* ]] || fail "$output"
	echo '{"dev":{"a":{"class":"net","attributes":[{"name":18446744073709551615,"type":"u64","rule":"equal","value":"\\"}]}}}' >"$F"
	run -1 --separate-stderr kernel describe "$F"
	assert_match "$stderr" 'its "name" is not a string'
}

@test "bytes that are no UTF-8 are not what looks like them, in a file either" {
	for text in '\\xff' '\\x5cxff' '\\xc3(' 'ü' '\\x'; do
		F=$BATS_TEST_TMPDIR/${text//\\/}
		echo "{\"dev\":{\"a\":{\"class\":\"net\",\"attributes\":[{\"name\":\"x\",\"type\":\"string\",\"rule\":\"equal\",\"value\":\"$text\"}]}}}" >"$F"
		run -0 kernel describe "$F"
		[[ $output = *"\"value\":\"$text\"}"* ]] || fail "$output"
	done
	run -3 "$VDPA_TOOL" migration check source "$BATS_TEST_TMPDIR/xff" target "$BATS_TEST_TMPDIR/x5cxff"
}

# Saving

@test "a saved state is a document that people can read" {
	run -0 kernel save 2 5 5
	jq -e '.vdpa_state | .version == 1 and .device == "n0" and .class == "net" and (.attributes | length) == 7 and
		.features == "0x300010020" and .status == ["acknowledge", "driver", "features_ok", "driver_ok", "suspend", "0x20"] and
		.virtqueues == [{"qidx": 0, "queue_type": "rx", "ready": true, "size": 256, "avail_index": 1000},
			{"qidx": 1, "queue_type": "tx", "ready": true, "size": 256, "avail_index": 1001}] and
		.private == "AAECAwQ="' <<<"$output"
}

@test "the kernel's pieces may have any size, and private bytes keep their order" {
	for private in 0 1 2 3 4096 300000; do
		for piece in 1 7 4096 60000; do
			((private / piece < 10000)) || continue
			kernel save 1 $private $piece | jq -r .vdpa_state.private | base64 -d >"$BATS_TEST_TMPDIR/bytes"
			cmp "$BATS_TEST_TMPDIR/bytes" <(pattern $private)
		done
	done
}

@test "a thousand virtqueues come in the order in which the kernel tells them" {
	run -0 kernel save 1000 0 1
	jq -e '.vdpa_state.virtqueues | map(.qidx) == [range(1000)]' <<<"$output"
}

@test "what is in flight makes a document that an older reader does not take" {
	run -0 kernel save 6 0 1 inflight
	jq -e '.vdpa_state | .version == 2 and .needs == ["inflight"] and
		(.virtqueues | map(.inflight) == [[], [3], [6, 7], [9, 10, 11], [], [15]])' <<<"$output"
	run -0 kernel save 1 0 1 inflight
	jq -e '.vdpa_state | .version == 1 and (has("needs") | not) and .virtqueues[0].inflight == []' <<<"$output"
}

@test "pieces that are missing, twice or malformed make no document" {
	for case in 'gap a gap' 'late VDPA_ATTR_MIGRATION is missing' 'nameless VDPA_ATTR_DEV_NAME is missing' \
		'queue VDPA_ATTR_DEV_QUEUE_INDEX is missing' 'words VDPA_ATTR_STATE_FEATURES_WORDS has 12 bytes' \
		'zero VDPA_ATTR_STATE_FEATURES_WORDS has 16 bytes' 'none there is no state' 'much more than 64 MiB'; do
		run -2 --separate-stderr kernel save "${case%% *}"
		[ -z "$output" ]
		assert_match "$stderr" "malformed reply: .*${case#* }"
	done
}

@test "a round has its number, private state, and no virtqueues" {
	run -0 kernel round none
	jq -e '.vdpa_state | .version == 2 and .device == "n0" and .round == 7 and .class == "net" and
		(.attributes | length) == 7 and .private == "AAECAwQ=" and (has("virtqueues") or has("features") | not)' <<<"$output"
	for case in 'queue a round with virtqueues' 'untold a round that does not say what is left'; do
		run -2 --separate-stderr kernel round "${case%% *}"
		[ -z "$output" ]
		assert_match "$stderr" "malformed reply: ${case#* }"
	done
}

# Loading

@test "what was saved can be loaded" {
	state
	run -0 kernel load "$F"
	assert_equal "$output" 'class 1 attributes 7 features 0x300010020 status 0x3f queues 3 private 100'
}

@test "a state that was saved before queues had the keys of \"vq show\" is loaded" {
	cat >"$BATS_TEST_TMPDIR/old" <<-'END'
		{"vdpa_state":{"version":1,"device":"n0","class":"net","attributes":[{"name":"x","type":"u64","rule":"equal","value":"0xffffffffffffffff"}],"features":"0x300010020","status":["acknowledge","driver","features_ok","driver_ok"],"virtqueues":[{"index":0,"type":"rx","ready":true,"size":256,"avail_index":7},{"index":1,"type":"tx","ready":false}],"private":"AAEC"}}
	END
	F=$BATS_TEST_TMPDIR/old
	run -0 kernel load "$F"
	assert_equal "$output" 'class 1 attributes 1 features 0x300010020 status 0xf queues 2 private 3'
	sed 's/"index":1/"index":65536/' "$F" >"$F.bad" && F=$F.bad refused 'no "index" from 0 to 65535'
	sed 's/"tx"/"xt"/' "$F" >"$F.bad" && F=$F.bad refused 'virtqueue 1: its "type" is unknown'
}

@test "features beyond bit 63 are saved and loaded as one longer number" {
	kernel save wide >"$BATS_TEST_TMPDIR/state"
	assert_equal "$(jq -r .vdpa_state.features "$BATS_TEST_TMPDIR/state")" 0x20000000300010020
	run -0 kernel load "$BATS_TEST_TMPDIR/state"
	assert_match "$output" 'features 0x20000000300010020 '
	state '.vdpa_state.features = "0x0000000000000000000300010020"'
	run -0 kernel load "$F"
	assert_match "$output" 'features 0x300010020 '
}

@test "a state of another version is refused, with both numbers" {
	state '.vdpa_state.version = 3' && refused 'is a saved state of version 3, known are versions 1 and 2'
	state '.vdpa_state.version = "1"' && refused 'it has no "version"'
	state 'del(.vdpa_state.version)' && refused 'it has no "version"'
}

@test "of version 2 it is either a round, or what comes after rounds" {
	state '.vdpa_state.version = 2' && refused 'is of version 2, and has none of "needs", "round" and "rounds"'
	state '.vdpa_state += {version: 2, round: 0, rounds: 1}' && refused 'has both "round" and "rounds"'
	state '.vdpa_state += {version: 2, round: 4294967296}' && refused 'no "round" with a number of 32 bits'
	state '.vdpa_state += {version: 2, rounds: -1}' && refused 'no "rounds" with a number of 32 bits'
	state '.vdpa_state += {version: 2, rounds: "x"}' && refused 'no "rounds" with a number of 32 bits'
	state '.vdpa_state += {version: 2, rounds: 3}'
	run -0 kernel load "$F"
	assert_equal "$output" 'rounds 3 class 1 attributes 7 features 0x300010020 status 0x3f queues 3 private 100'
	kernel round none >"$F"
	run -0 kernel load "$F"
	assert_equal "$output" 'round 7 class 1 attributes 7 features 0x0 status 0x0 queues 0 private 5'
	state '{vdpa_state: (.vdpa_state + {version: 2, round: 1} | del(.private))}' && refused 'there is no "private"'
	state '{vdpa_state: (.vdpa_state + {version: 2, round: 1} | del(.attributes))}' && refused 'there is no "attributes"'
}

@test "documents are taken as they come, however they are split, and in whatever form" {
	local piece

	state '.vdpa_state.device = "a\\\"}{,[b"'
	jq . "$F" >"$F.pretty"
	{ tr -d '\n' <"$F"; cat "$F.pretty"; printf ' \n\t\n'; } >"$F.two"
	asks_kernel n0 n1 file "$F.two"
	for piece in 1 2 7 100; do
		asks_kernel n0 n1 < <(dd if="$F.two" bs=$piece status=none)
	done
	mistake 'has more states than devices are named' n0 file "$F.two"
	{ cat "$F"; echo '['; } >"$F.two"
	mistake 'no JSON: ' n0 file "$F.two"
	{ cat "$F"; echo 'nonsense'; } >"$F.two"
	mistake 'no JSON: ' n0 file "$F.two"
	printf '\0' >"$F.two"
	mistake 'no JSON: ' n0 file "$F.two"
	head -c -3 "$F" >"$F.two"
	mistake 'no JSON: ' n0 file "$F.two"
	{ printf '{"vdpa_state":{"a":['; yes , | head -n 263000; echo ']}}'; } >"$F.two"
	mistake 'has more than 262144 elements' n0 file "$F.two"
	{ printf '{"a":"'; head -c 97M /dev/zero | tr '\0' A; } >"$F.two"
	mistake 'is larger than 96 MiB' n0 file "$F.two"
}

@test "a state that came in rounds describes its device as any other" {
	state '.vdpa_state += {version: 2, rounds: 1}'
	mv "$F" "$F.rest"
	kernel round none | cat - "$F.rest" >"$F"
	run -0 "$VDPA_TOOL" migration check source "$F" target "$F"
	cat "$F.rest" "$F.rest" >"$F"
	run -1 "$VDPA_TOOL" migration check source "$F" target "$F"
	assert_match "$output" 'has more than one document'
}

@test "what comes after rounds is not loaded without them" {
	state '.vdpa_state += {version: 2, rounds: 1}'
	mistake 'lacks the rounds before its state' n0 file "$F"
}

@test "how to copy is said with precopy, and of one device" {
	for case in 'n0 rounds 3|"rounds" goes with "precopy"' 'n0 below 5|goes with "precopy"' 'n0 deadline 5|goes with "precopy"' \
		'n0 n1 precopy|one device at a time' 'n0 precopy rounds x|is not a number of rounds' \
		'n0 precopy below -1|is not a number of bytes' 'n0 precopy deadline 0|number of milliseconds'; do
		run -1 --separate-stderr "$VDPA_TOOL" dev state save ${case%|*}
		assert_match "$stderr" "${case#*|}"
	done
}

@test "a state of the second version says what its reader has to know" {
	state '.vdpa_state |= (.version = 2 | .needs = ["inflight"] | .virtqueues[1].inflight = [7, 0, 65535])'
	run -0 kernel load "$F"
	state '.vdpa_state |= (.version = 2 | .needs = [])'
	run -0 kernel load "$F"
	state '.vdpa_state |= (.version = 2 | .needs = "inflight")' && refused 'there is no "needs"'
	state '.vdpa_state |= (.version = 2 | .needs = ["inflight", "magic"])' &&
		refused 'needs "magic", which this command does not know'
	state '.vdpa_state |= (.version = 2 | .needs = [1])' && refused 'needs "", which this command does not know'
}

@test "a state that lacks a part is refused" {
	state 'del(.vdpa_state.class)' && refused 'there is no "class"'
	state 'del(.vdpa_state.attributes)' && refused 'there is no "attributes"'
	state 'del(.vdpa_state.features)' && refused 'there is no "features"'
	state 'del(.vdpa_state.status)' && refused 'there is no "status"'
	state 'del(.vdpa_state.virtqueues)' && refused 'there is no "virtqueues"'
	state 'del(.vdpa_state.private)' && refused 'there is no "private"'
	state '{dev: .vdpa_state}' && refused 'is no saved state'
	state '{vdpa_state: 1}' && refused 'is no saved state'
}

@test "a state with a part that is out of range is refused" {
	state ".vdpa_state.features = \"0x1$(printf '0%.0s' {1..128})\"" && refused '"features"'
	state '.vdpa_state.features = "18446744073709551616"' && refused '"features"'
	state '.vdpa_state.features = "0x10000000000000000g"' && refused '"features"'
	state '.vdpa_state.features = -1' && refused '"features"'
	state '.vdpa_state.status = ["running"]' && refused '"status"'
	state '.vdpa_state.status = ["0x100"]' && refused '"status"'
	state '.vdpa_state.status = "driver"' && refused '"status"'
	state '.vdpa_state.virtqueues[1].qidx = 65536' && refused 'no "qidx" from 0 to 65535'
	state '.vdpa_state.virtqueues[1] = 7' && refused 'no "qidx" from 0 to 65535'
	state '.vdpa_state.virtqueues[1].queue_type = "rxtx"' && refused 'virtqueue 1: its "queue_type"'
	state '.vdpa_state.virtqueues[1].ready = 1' && refused 'virtqueue 1: "ready"'
	state 'del(.vdpa_state.virtqueues[1].ready)' && refused 'virtqueue 1: "ready"'
	state '.vdpa_state.virtqueues[1].avail_index = 65536' && refused 'virtqueue 1: "avail_index"'
	state '.vdpa_state.virtqueues[1].used_counter = 2' && refused 'virtqueue 1: "used_counter"'
	for chains in '{}' 7 '[65536]' '[-1]' '["x"]' '[1.5]' '[[1]]' '[range(1025)]'; do
		state ".vdpa_state.virtqueues[1].inflight = $chains"
		refused 'virtqueue 1: "inflight" is no array of at most 1024 numbers'
	done
	state '.vdpa_state.attributes[0] = .vdpa_state.attributes[1]' && refused 'is there twice'
}

@test "private state that is not base64 is refused" {
	for text in A AB A=== '####' 'AAECAwQ' 'AAEC=AwQ' 'AA EC?' '"\u00e4"'; do
		state ".vdpa_state.private = \"${text//\"/}\"" && refused '"private" is not base64'
	done
	state '.vdpa_state.private = 5' && refused 'there is no "private"'
}

@test "64 MiB of private state are taken, more are not, and no document of more than 96 MiB" {
	state
	{
		jq -c 'del(.vdpa_state.private)' "$F" | sed 's/}}$/,"private":"/' | tr -d '\n'
		head -c 64M /dev/zero | base64 -w0
		echo '"}}'
	} >"$F.full"
	run -0 kernel load "$F.full"
	assert_match "$output" 'private 67108864$'
	sed 's/"private":"/&AAAA/' "$F.full" >"$F"
	refused '"private" is more than 64 MiB'
	{ printf '{"vdpa_state":"'; head -c 97M /dev/zero | tr '\0' A; echo '"}'; } >"$F"
	refused 'is larger than 96 MiB'
}

@test "files are read, and devices counted, before the kernel is asked" {
	state
	for case in "n0 file $F.none|No such file" "n0 n1 file $F|has fewer states than devices are named" \
		"n0 file /dev/null|has fewer states"; do
		run -1 --separate-stderr "$VDPA_TOOL" dev state load ${case%|*}
		assert_match "$stderr" "${case#*|}"
	done
	cat "$F" "$F" >"$F.two"
	run -1 --separate-stderr "$VDPA_TOOL" dev state load n0 file "$F.two"
	assert_match "$stderr" 'has more states than devices are named'
	run -1 --separate-stderr "$VDPA_TOOL" dev state load n0 n0 file "$F.two"
	assert_match "$stderr" 'device "n0" is given twice'
	run -1 --separate-stderr "$VDPA_TOOL" dev state save
	assert_match "$stderr" 'the name of a device is missing'
	run -1 --separate-stderr "$VDPA_TOOL" dev state save n0 file
	assert_match "$stderr" 'file: a value is missing'
}

# named NAME - the state of a device of that name, in the file $F
named() { state ".vdpa_state.device = \"$1\""; }

# mistake PATTERN WORD… - the arguments or the files are wrong, and the kernel is not asked.
mistake() {
	run -1 --separate-stderr "$VDPA_TOOL" dev state load "${@:2}"
	[ -z "$output" ]
	assert_match "$stderr" "$1"
}

# asks_kernel WORD… - nothing is wrong with it: the kernel is asked, and has no vDPA here.
asks_kernel() {
	run -2 --separate-stderr "$VDPA_TOOL" dev state load "$@"
	[ -z "$output" ]
}

@test "each device is given a file of its own, one of them standard input" {
	local dir=$BATS_TEST_TMPDIR

	named n0 && mv "$F" "$dir/n0=old" && named b0 && mv "$F" "$dir/b0"
	asks_kernel n1="$dir/n0=old" b1="$dir/b0"
	asks_kernel n1="$dir/n0=old"
	asks_kernel n1="$dir/n0=old" b1=- <"$dir/b0"
	cat "$dir/n0=old" "$dir/b0" >"$dir/both"
	mistake "$dir/both: has more states than devices are named" n1="$dir/both" b1="$dir/b0"
	mistake '/dev/null: has fewer states' n1="$dir/n0=old" b1=/dev/null
	mistake "$dir/none: No such file" n1="$dir/none"
	mistake 'only one of the files can be standard input' n1=- b1=-
	mistake '"b1" is not DEV=FILE, as the others are' n1="$dir/n0=old" b1
	mistake 'device "n1" is given twice' n1="$dir/n0=old" n1="$dir/b0"
	mistake 'file "" is empty' n1=
	mistake 'device "" is empty' =x
	# Where one file has them all, a name may have a "=" in it.
	asks_kernel n1=x b1 file "$dir/both"
	echo "dev state load n1=- b1=$dir/b0" >"$dir/batch"
	run -1 --separate-stderr "$VDPA_TOOL" -b "$dir/batch"
	assert_match "$stderr" 'batch:1: .*file "-" cannot be used in a batch'
}

@test "states of the very devices that are named are refused in another order, and others are not" {
	local dir=$BATS_TEST_TMPDIR

	for name in b0 b1 b2; do named $name && mv "$F" "$dir/$name"; done
	cat "$dir/b1" "$dir/b0" >"$dir/states"
	mistake "$dir/states: has the states in another order: b0 would get that of b1; .*DEV=FILE" b0 b1 file "$dir/states"
	mistake '^vdpa: -: has the states in another order' b0 b1 <"$dir/states"
	asks_kernel b1 b0 file "$dir/states"
	# At the target, names are what they are there.
	asks_kernel b3 b4 file "$dir/states"
	asks_kernel b0 b4 file "$dir/states"
	# Who says which is whose means it.
	asks_kernel b0="$dir/b1" b1="$dir/b0"
	cat "$dir/b0" "$dir/b2" "$dir/b1" >"$dir/states"
	mistake 'b1 would get that of b2' b0 b1 b2 file "$dir/states"
	# Twice the same is no order of theirs.
	cat "$dir/b0" "$dir/b0" >"$dir/states"
	asks_kernel b0 b1 file "$dir/states"
}

@test "20000 damaged replies neither crash the command nor make it read past their end" {
	run -0 kernel fuzz 20000
	assert_match "$output" '^20000 rounds: '
}
