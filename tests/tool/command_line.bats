#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command line by itself: every mistake is found before the kernel is asked. Run without privileges, so that on a
# machine that has vDPA devices nothing is added or deleted.

load ../lib/common

vdpa() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --bounding-set=-all --inh-caps=-all "$VDPA_TOOL" "$@"
	else
		"$VDPA_TOOL" "$@"
	fi
}

# usage_error PATTERN ARGUMENT… - status 1, nothing on standard output, a message that matches PATTERN, a hint at help.
usage_error() {
	local pattern=$1
	shift

	run -1 --separate-stderr vdpa "$@"
	[ -z "$output" ] || fail "it prints: vdpa $*" "$output"
	[[ $stderr =~ $pattern ]] || fail "the message does not say \"$pattern\": vdpa $*" "$stderr"
	[[ $stderr =~ Try\ \"vdpa\ .*help\" ]] || fail "it does not mention help: vdpa $*" "$stderr"
}

# reaches_kernel ARGUMENT… - nothing is wrong with the arguments: it gets as far as asking the kernel, whatever that says.
# (On a machine without vdpa it says that the module is not loaded.)
reaches_kernel() {
	run --separate-stderr vdpa "$@"
	[ "$status" -eq 0 ] || [ "$status" -eq 2 ] || fail "taken for a mistake, or worse (status $status): vdpa $*" "$stderr"
}

# Help

@test "help is there at every level, on standard output" {
	for level in help 'mgmtdev help' 'dev help' 'dev config help' 'dev vstats help' 'dev vq help' 'dev add help' \
		'dev set help' 'dev migration help' 'dev state help' 'mgmtdev migration help' 'migration help' 'monitor help' 'doctor help' \
		'apply help' 'save help' \
		h 'dev h' -h --help; do
		run -0 --separate-stderr vdpa $level
		[[ $output = *Usage:* ]] || fail "no usage: vdpa $level" "$output"
		[ -z "$stderr" ]
	done
}

@test "the command alone and an object that does nothing alone give help" {
	run -0 vdpa
	[[ $output = *'vdpa dev add name NAME mgmtdev MGMTDEV'* ]]
	run -0 vdpa mgmtdev
	assert_equal "${lines[0]}" 'Usage: vdpa mgmtdev show [ MGMTDEV ]'
	run -0 vdpa migration
	assert_equal "${lines[0]}" 'Usage: vdpa migration check source FILE { target FILE | dev DEV | mgmtdev MGMTDEV } [ policy FILE ]'
}

@test "help lists every command that there is, and no other" {
	run -0 vdpa help
	assert_equal "$(grep -oE 'vdpa (mgmtdev|dev|migration|monitor|doctor|apply|save)[a-z ]*' <<<"$output" | sed 's/ *$//' | sort)" "$(sort <<-END
		vdpa mgmtdev show
		vdpa dev show
		vdpa dev add name
		vdpa dev del
		vdpa dev set
		vdpa dev wait
		vdpa dev config show
		vdpa dev vstats show
		vdpa dev suspend
		vdpa dev resume
		vdpa dev vq show
		vdpa dev vq set
		vdpa dev migration show
		vdpa dev state save
		vdpa dev state load
		vdpa dev dirty start
		vdpa dev dirty show
		vdpa dev dirty stop
		vdpa mgmtdev migration show
		vdpa migration check source
		vdpa migration estimate
		vdpa migration find source
		vdpa migration plan source
		vdpa monitor
		vdpa doctor
		vdpa apply
		vdpa save
	END
	)"
}

@test "each command has help of its own, with a line for each argument" {
	local command name

	run -0 vdpa dev suspend help
	assert_equal "${lines[0]}" 'Usage: vdpa dev suspend DEV [ DEV ... ] [ deadline MS ] [ force ]'
	assert_match "$output" $'\n  deadline MS +[a-z ]+ \(ms, 1 to 3600000\)\n'
	assert_equal "$(vdpa dev suspend -h)" "$output"
	assert_equal "$(vdpa dev suspend v0 -h)" "$output"
	assert_equal "$(vdpa -h d sus)" "$output"
	assert_equal "$(vdpa dev -h)" "$(vdpa dev help)"
	assert_match "$(vdpa apply -h)" $'\n  -n, -dry-run +only say what would be done\n  -prune +delete'
	assert_equal "$(vdpa -h)" "$(vdpa help)"
	while read -r command; do
		run -0 --separate-stderr vdpa $command help
		[[ ${lines[0]} = "Usage: vdpa $command"* ]] || fail "it is not of this command: $command" "$output"
		while read -r name; do
			[[ $output = *$'\n  '"$name "* ]] || fail "$command: no line for $name" "$output"
		done < <(vdpa -j $command help | jq -r '.help[].arguments[].name')
	done < <(vdpa -j help | jq -r '.help | keys[]')
}

@test "with -j help and version are JSON" {
	run -0 vdpa -j help
	assert_equal "$(jq -r '.help | keys_unsorted[]' <<<"$output")" "$(vdpa help | sed -nE 's/^(Usage:)? *vdpa ((mgmtdev|dev|migration|monitor|doctor|apply|save)[ a-z]*).*/\2/p' |
		sed -E 's/ (name|source) *$//; s/ *$//')"
	jq -e '.help["dev suspend"].arguments[1] == {name: "deadline", value: "MS", unit: "ms", min: 1, max: 3600000, positional: false,
		required: false, repeats: false, text: "how long it may take"}' <<<"$output"
	run -0 vdpa -j -V
	jq -e '.version.vdpa.command and (.version.vdpa.core | IN("none", "ours", "distribution", "built_in"))' <<<"$output"
}

@test "the synopses of the man pages are those of the commands, and none is missing" {
	local page

	# Without fonts, blanks and the options that any command takes.
	for page in "$VDPA_TOP"/man/vdpa-*.8; do
		sed -n '/^\.SH SYNOPSIS/,/^\.SH DESC/p' "$page" | sed -E '/^\.SH/d; /^\.PP/s/.*/\n/; s/^\.[BIR]+ //; s/\\[cf].?//g; s/\\&?//g; s/"//g' |
			awk 'BEGIN { RS = "" } { gsub(/[ \n]/, ""); sub(/^vdpa\[OPTIONS\]/, "vdpa"); print }'
	done | grep -vE 'help$|:see|^OPTIONS' | sort >"$BATS_TEST_TMPDIR/pages"
	vdpa -j help | jq -r '.help[].synopsis | gsub(" "; "")' | sort >"$BATS_TEST_TMPDIR/rows"
	run -0 diff "$BATS_TEST_TMPDIR/rows" "$BATS_TEST_TMPDIR/pages"
}

@test "the version is told, wherever the option stands" {
	run -0 vdpa -V
	assert_match "$output" "^vdpa $(sed -n '1s/.*(\(.*\)).*/\1/p' "$VDPA_TOP/debian/changelog"), core"
	version=$output
	for way in --Version -Version 'dev show -V'; do
		run -0 vdpa $way
		assert_equal "$output" "$version"
	done
}

@test "help and version to a closed or full standard output fail and say so" {
	for what in help -V 'dev help'; do
		for sink in '>&-' '>/dev/full'; do
			run -1 bash -c "'$VDPA_TOOL' $what $sink"
			assert_match "$output" 'standard output'
		done
	done
}

@test "a reader that leaves early is an error and not a silent death" {
	run bash -c "'$VDPA_TOOL' help | true; echo \${PIPESTATUS[0]}"
	[[ $output = 0 || $output = *'standard output: Broken pipe'*1 ]] || fail "$output"

	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 4<>"$BATS_TEST_TMPDIR/pipe" 5>"$BATS_TEST_TMPDIR/pipe"
	exec 4<&-
	run -1 bash -c "'$VDPA_TOOL' help >&5"
	exec 5>&-
	assert_match "$output" 'standard output: Broken pipe'
}

# Words

@test "an unknown object or command is named, with those that there are" {
	usage_error 'unknown object "port", expected: mgmtdev, dev, migration, monitor, doctor, apply, save, help' port show
	usage_error 'dev: unknown command "frobnicate", expected: show, add, del' dev frobnicate
	usage_error 'dev config: unknown command "edit"' dev config edit
	usage_error 'mgmtdev: unknown command "add"' mgmtdev add
	usage_error 'unknown command ""' dev ''
}

@test "words may be abbreviated as in iproute2" {
	for words in 'm s' 'mg sh' 'dev mig' 'dev mig sh v0' 'mg mig' 'dev st s v0' 'mgmtdev l' 'mgmtdev list' d 'd s' 'dev sh' 'dev show' 'dev l' 'dev list v0' \
		'dev c' 'dev conf s' 'dev config show v0' 'dev v s v0 qidx 0' 'd d v0' 'd a n v0 m vduse' \
		'dev add n v0 mg vduse max 1' 'dev set n v0 mac 52:54:00:12:34:56'; do
		reaches_kernel $words
	done
}

@test "a longer word than the command's is not an abbreviation of it" {
	usage_error 'unknown command "shows"' dev shows
	usage_error 'unknown object "devs"' devs
}

@test "mac and mtu have no short form, as in iproute2" {
	usage_error 'max_vqp "52:54:00:12:34:56" is not' dev add name v0 mgmtdev m0 ma 52:54:00:12:34:56
	usage_error 'unknown keyword "mt"' dev add name v0 mgmtdev m0 mt 1500
}

# Options

@test "options may stand before and after the command, short, long or together" {
	for way in '-j dev show' 'dev show -j' '-jp dev show' '-j -p dev show' '-json dev show' '--json --pretty dev show' \
		'-pj mgmtdev show'; do
		reaches_kernel $way
		[ "$status" -eq 0 ] || jq -e .error.message <<<"$stderr"
	done
}

@test "an unknown option is named" {
	usage_error 'unknown option "-x"' -x dev show
	usage_error 'unknown option "-x"' -px
	usage_error 'unknown option "--jsno"' dev show --jsno
}

@test "an option that does not apply to the command is refused, by its name" {
	usage_error 'dev show: the option -timestamp does not apply' -t dev show
	usage_error 'dev show: the option -state does not apply' dev show -s
	usage_error 'migration check: the option -state does not apply' -s migration check source a target b
	usage_error 'the option -state does not apply to a batch' -s -b x
}

@test "a device named help is one behind --" {
	run -0 vdpa dev show help
	assert_match "$output" '^Usage: vdpa dev show'
	reaches_kernel dev show -- help
	[[ $output != Usage* ]]
}

@test "a number below zero is a value that is wrong, not an option" {
	usage_error 'mtu "-1" is not' dev add name v0 mgmtdev m0 mtu -1
	usage_error 'qidx "-1" is not' dev vstats show v0 qidx -1
}

@test "after -- a name may look like an option" {
	reaches_kernel dev show -- -j
	usage_error 'unknown option "-z"' dev show -z
	reaches_kernel dev show -- -z
}

# Arguments

@test "arguments that are one too many are named" {
	usage_error 'unexpected argument "v1"' dev show v0 v1
	usage_error 'unknown keyword "now", expected: nowait' dev del v0 now
	usage_error 'unexpected argument "x"' mgmtdev show vduse x
	usage_error 'unexpected argument "v1"' dev config show v0 v1
	usage_error 'unknown keyword "v1"' dev vstats show v0 v1
	usage_error 'unknown keyword "v1"' dev vq show v0 v1
	usage_error 'unknown keyword "b0"' monitor dev b0
}

@test "what is missing is named" {
	usage_error 'dev del: the name of a device is missing' dev del
	usage_error 'dev add: name is missing' dev add
	usage_error 'dev add: name is missing' dev add mgmtdev m0
	usage_error 'dev add: mgmtdev is missing' dev add name v0
	usage_error 'dev add: mac: a value is missing' dev add name v0 mgmtdev m0 mac
	usage_error 'dev set: exactly one of mac, mtu and driver has to be given' dev set name v0
	usage_error 'dev set: exactly one of DEV and name has to be given' dev set mac 52:54:00:12:34:56
	usage_error 'dev vstats show: qidx: a value is missing' dev vstats show v0 qidx
}

@test "a keyword that is given twice is named" {
	usage_error 'name is given twice' dev add name v0 name v1 mgmtdev m0
	usage_error 'mtu is given twice' dev add mtu 1500 name v0 mtu 1500 mgmtdev m0
	usage_error 'mac is given twice' dev set name v0 mac 52:54:00:12:34:56 mac 52:54:00:12:34:56
	usage_error 'qidx is given twice' dev vstats show v0 qidx 1 qidx 1
}

@test "an unknown keyword is named, with those that there are" {
	usage_error 'unknown keyword "colour", expected: name, mgmtdev, device_features, mac, mtu, max_vqp' \
		dev add name v0 mgmtdev m0 colour red
	usage_error 'unknown keyword "size", expected: name, mac, mtu, driver, deadline' dev set name v0 size 1500
}

@test "keywords may come in any order" {
	reaches_kernel dev add mgmtdev m0 name v0
	reaches_kernel dev add max_vqp 2 mtu 1500 device_features 0x100000028 mac 52:54:00:12:34:56 mgmtdev pci/0000:01:00.0 name v0
}

# Names

@test "names of devices that cannot be are refused" {
	long=$(printf 'n%.0s' {1..64})
	for command in 'dev show' 'dev del' 'dev config show' 'dev vstats show'; do
		usage_error 'device "" is empty' $command ''
		usage_error 'longer than 63 bytes' $command "$long"
		usage_error "'/'" $command a/b
		usage_error '"[.]" is not a name' $command .
		usage_error '"[.][.]" is not a name' $command ..
		usage_error 'control character' $command $'a\nb'
		usage_error 'control character' $command $'a\x7f'
	done
	usage_error 'name "" is empty' dev add name '' mgmtdev m0
	usage_error 'longer than 63 bytes' dev add name "$long" mgmtdev m0
	usage_error "'/'" dev set name a/b mac 52:54:00:12:34:56
}

@test "names of devices that can be are taken" {
	for name in a ... .a a.b "$(printf 'n%.0s' {1..63})" 'with blank' größe $'\xff'; do
		reaches_kernel dev show "$name"
	done
}

@test "names of management devices that cannot be are refused" {
	usage_error 'management device "" is empty' mgmtdev show ''
	usage_error "more than one '/'" mgmtdev show a/b/c
	usage_error "no bus name before the '/'" mgmtdev show /vduse
	usage_error "no device name after the '/'" mgmtdev show pci/
	usage_error 'control character' mgmtdev show $'pci/\x01'
	usage_error 'longer than 255 bytes' mgmtdev show "$(printf 'n%.0s' {1..256})"
	usage_error 'longer than 255 bytes' mgmtdev show "$(printf 'n%.0s' {1..256})/x"
	usage_error 'mgmtdev "a/b/c"' dev add name v0 mgmtdev a/b/c
}

@test "names of management devices are taken with and without a bus" {
	for name in vduse pci/0000:03:00.2 auxiliary/mlx5_core.sf.1; do
		reaches_kernel mgmtdev show "$name"
		reaches_kernel dev add name v0 mgmtdev "$name"
	done
}

@test "a message shows no control character of what was typed" {
	usage_error 'a\\x1b\[2Jb' dev show $'a\e[2Jb'
	[[ $stderr != *$'\e'* ]]
	usage_error 'caf\\xe9/' dev show $'caf\xe9/'
}

# Values

@test "MAC addresses that are none, all-zero or multicast are refused" {
	for mac in '' 52 52:54:00:12:34 52:54:00:12:34:56:78 52:54:00:12:34:5g 52-54-00-12-34-56 525400123456 52:54:00:12:34: \
		:52:54:00:12:34 52:54::12:34:56 152:54:00:12:34:56 ' 2:54:00:12:34:56' 52:54:00:12:34:56x 10.0.0.1; do
		usage_error "mac \"$mac\" is not a MAC address" dev add name v0 mgmtdev m0 mac "$mac"
	done
	usage_error '"00:00:00:00:00:00" is all zero' dev add name v0 mgmtdev m0 mac 00:00:00:00:00:00
	usage_error '"01:00:5e:00:00:01" is a multicast address' dev add name v0 mgmtdev m0 mac 01:00:5e:00:00:01
	usage_error '"ff:ff:ff:ff:ff:ff" is a multicast address' dev set name v0 mac ff:ff:ff:ff:ff:ff
}

@test "MAC addresses are taken in either case and without leading zeros" {
	for mac in 52:54:00:12:34:56 AA:BB:CC:DD:EE:FF 2:0:0:0:0:1; do
		reaches_kernel dev add name v0 mgmtdev m0 mac "$mac"
	done
}

@test "an MTU outside 68 to 65535 or that is no number is refused" {
	for mtu in '' 0 67 65536 4294968796 18446744073709551684 99999999999999999999999 -68 +1500 1500x ' 1500' 15e2 0x 0x43 mtu; do
		usage_error "mtu \"[^\"]*\" is not a number of bytes from 68 to 65535" dev add name v0 mgmtdev m0 mtu "$mtu"
	done
	for mtu in 68 1500 65535 0x44 01500; do
		reaches_kernel dev add name v0 mgmtdev m0 mtu "$mtu"
	done
}

@test "a number of queue pairs outside 1 to 65535 is refused" {
	for pairs in '' 0 65536 65537 1.5 0x10000 two; do
		usage_error "max_vqp \"$pairs\" is not a number of queue pairs from 1 to 65535" \
			dev add name v0 mgmtdev m0 max_vqp "$pairs"
	done
	reaches_kernel dev add name v0 mgmtdev m0 max_vqp 65535
}

@test "features that are not a hexadecimal number of 64 bits are refused" {
	for features in '' 0x 0x10000000000000000 0xffffffffffffffff0 0x-1 0x0x1 0xMAC 10000000000000000; do
		usage_error "device_features \"$features\" is not a hexadecimal number of at most 64 bits" dev add name v0 mgmtdev m0 device_features "$features"
	done
	for features in 0 0x0 0xffffffffffffffff ffffffffffffffff 0X300C30028 300c30028; do
		reaches_kernel dev add name v0 mgmtdev m0 device_features "$features"
	done
}

@test "features by names that no device has, or that say two things at once, are refused" {
	for features in FOO,FOO MAC,FOO,FOO -FOO,FOO -1,1 MAC,-, MAC,, -MAC,, ,, all,all,all all,-all,all all,,MAC, \
		MAC,bit_64,bit_64 all,-bit_,bit_ mac,mac "MAC,$(printf 'M%.0s' {1..40}),$(printf 'M%.0s' {1..31})"; do
		usage_error "device_features \"${features%,*}\": \"${features##*,}\" is not a hexadecimal number of at most 64 bits nor the name" \
			dev add name v0 mgmtdev m0 device_features "${features%,*}"
	done
	for features in MAC,-MTU -MAC,MTU all,MAC all,-MAC,MTU; do
		usage_error "device_features \"$features\" names features to have and features to leave out" \
			dev add name v0 mgmtdev m0 device_features "$features"
	done
	for features in MAC MAC,MTU,VERSION_1 MAC,FLUSH bit_63 -MAC -MAC,-bit_0 all all,-MAC all,-bit_4,-MAC,-MAC; do
		reaches_kernel dev add name v0 mgmtdev m0 device_features "$features"
	done
}

@test "a queue index outside 0 to 65535 is refused" {
	for index in '' 65536 4294967296 1.0 a; do
		usage_error "qidx \"$index\" is not a queue index" dev vstats show v0 qidx "$index"
	done
}

# How errors are told

@test "with -j an error is one JSON object on standard error, and nothing else is printed" {
	run -1 --separate-stderr vdpa -j dev add name v0 mgmtdev m0 mtu 1
	[ -z "$output" ]
	assert_equal "$(wc -l <<<"$stderr")" 1
	jq -e '.error == {errno: "EINVAL", message: "mtu \"1\" is not a number of bytes from 68 to 65535",
		command: "dev add", dev: "v0", mgmtdev: "m0"}' <<<"$stderr"
}

@test "with -j what was typed comes back as valid JSON, whatever bytes it has" {
	run -1 --separate-stderr vdpa -j dev show $'\xff\e"\\/'
	jq -e '.error.message == "device \"\\xff\u001b\"\\/\" has a control character in it"' <<<"$stderr"
}

@test "a mistake is found before the kernel is asked, which would say that it has no vDPA" {
	run --separate-stderr vdpa dev show
	[[ $stderr = *'vdpa kernel module is not loaded'* ]] || skip 'this kernel has vDPA: its answer would not tell'
	[ "$status" -eq 2 ]

	for arguments in 'dev add name v0 mgmtdev m0 mtu 1' 'dev show a/b' 'dev del' 'dev show -x' 'dev vstats show v0 qidx'; do
		run -1 vdpa $arguments
	done
}

@test "closed standard streams are not mistaken for the socket" {
	run bash -c "'$VDPA_TOOL' dev show <&- >&- 2>'$BATS_TEST_TMPDIR/err'"
	[ "$status" = 1 ] || [ "$status" = 2 ] || fail "status $status"
	[ -s "$BATS_TEST_TMPDIR/err" ]
	run bash -c "'$VDPA_TOOL' dev show a/b 2>&-"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
}

# Suspend, resume, virtqueues, events

@test "devices to suspend or resume are named once each, a deadline comes last" {
	usage_error 'dev suspend: the name of a device is missing' dev suspend
	usage_error 'dev resume: the name of a device is missing' dev resume
	usage_error 'device "v0" is given twice' dev suspend v0 v1 v0
	usage_error 'device "v0" is given twice' dev resume v0 v0
	usage_error 'unknown keyword "v1"|unexpected' dev suspend v0 deadline 5 v1
	for words in 'dev suspend v0' 'dev suspend v0 v1 deadline 100' 'dev sus v0' 'dev resume v0 v1' 'dev r v0' \
		'dev suspend deadline' 'dev resume v0 deadline'; do
		reaches_kernel $words
	done
}

@test "a deadline is a number of milliseconds from 1 to an hour" {
	for value in 0 -1 3600001 4294967297 1.5 '' soon; do
		usage_error 'deadline "[^"]*" is not a number of milliseconds from 1 to 3600000' dev suspend v0 deadline "$value"
	done
	usage_error 'deadline' dev suspend v0 deadline
	reaches_kernel dev suspend v0 deadline 1
	reaches_kernel dev suspend v0 deadline 3600000
}

@test "more devices than a group may have are refused" {
	usage_error '513 devices are more than the 512' dev suspend $(seq -f v%g 513)
	reaches_kernel dev suspend $(seq -f v%g 512)
}

@test "the state of a virtqueue is one index, or two and their counters" {
	usage_error 'name of a device is missing' dev vq set
	usage_error 'qidx is missing' dev vq set v0 avail_index 1
	usage_error 'avail_index is missing' dev vq set v0 qidx 0
	usage_error 'avail_index "65536" is not' dev vq set v0 qidx 0 avail_index 65536
	usage_error 'avail_counter "2" is not' dev vq set v0 qidx 0 avail_index 1 avail_counter 2 used_index 1 used_counter 0
	usage_error 'avail_counter, used_index and used_counter have to be given together' dev vq set v0 qidx 0 avail_index 1 used_index 1
	usage_error 'qidx "x" is not' dev vq show v0 qidx x
	for words in 'dev vq' 'dev vq show' 'dev vq s v0' 'dev vq show v0 qidx 3' 'dev vq set v0 qidx 0 avail_index 65535' \
		'dev vq set v0 qidx 0 avail_index 1 avail_counter 1 used_index 2 used_counter 0'; do
		reaches_kernel $words
	done
}

@test "the monitor watches what there is, or one of it" {
	usage_error 'unknown keyword "port", expected: mgmtdev, dev' monitor port
	usage_error 'at most one of mgmtdev and dev' monitor dev mgmtdev
	for words in monitor 'mon dev' 'monitor mgmtdev' '-s -t monitor' '-jt monitor d' 'monitor dev -s'; do
		reaches_kernel $words
	done
}

# Batches

# batch_error PATTERN LINE… - a batch of these lines ends with status 1 and a message that matches PATTERN.
batch_error() {
	local pattern=$1
	shift

	printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/batch"
	run -1 --separate-stderr vdpa -b "$BATS_TEST_TMPDIR/batch"
	[ -z "$output" ] || fail "it prints" "$output"
	[[ $stderr =~ $pattern ]] || fail "the message does not say \"$pattern\": $*" "$stderr"
}

@test "what is wrong with a line of a batch is told with file and line" {
	batch_error 'batch:1: unknown object "nonsense"' nonsense
	batch_error 'batch:3: .*unknown command "nonsense"' '# a comment' '' 'dev nonsense'
	batch_error 'batch:1: a quote is not closed' 'dev show "n0'
	batch_error 'batch:1: a quote is not closed' "dev show 'n0"
	batch_error 'batch:1: monitor: this command cannot be part of a batch' monitor
	batch_error 'batch:1: dev state save: in a batch, a file has to be named' 'dev state save n0'
	batch_error 'batch:1: dev state load: in a batch, a file has to be named' 'dev state load n0'
	batch_error 'batch:1: .*cannot be used in a batch' 'dev state load n0 file -'
	batch_error 'batch:1: .*cannot be used in a batch' 'migration check source - target x'

	printf 'dev show\0\n' >"$BATS_TEST_TMPDIR/nul"
	run -1 vdpa -b "$BATS_TEST_TMPDIR/nul"
	assert_match "$output" 'nul:1: a line with a NUL in it'
	head -c 1100000 /dev/zero | tr '\0' a >"$BATS_TEST_TMPDIR/long"
	run -1 vdpa -b "$BATS_TEST_TMPDIR/long"
	assert_match "$output" 'long:1: a line of more than 1048576 bytes'
}

@test "help is a line of a batch like any other" {
	echo 'dev help' >"$BATS_TEST_TMPDIR/batch"
	run -0 vdpa -b "$BATS_TEST_TMPDIR/batch"
	assert_match "$output" '^Usage: vdpa dev'
	run -0 --separate-stderr vdpa -j -b "$BATS_TEST_TMPDIR/batch"
	assert_equal "$(jq -c '.[] | [.line, .status, .result]' <<<"$output")" "$(vdpa -j dev help | jq -c '[1, 0, .]')"
}

@test "with -j a batch has an element for each line that is a command, and nothing is on standard error" {
	printf '%s\n' '# a comment' '' 'doctor root /nowhere' 'dev del' 'nonsense' 'dev show help' >"$BATS_TEST_TMPDIR/batch"

	run -3 --separate-stderr vdpa -j -f -b "$BATS_TEST_TMPDIR/batch"

	[ -z "$stderr" ]
	assert_equal "$(jq -c '.[] | [.line, .status, (.result | if . then keys[0] else null end), .error.errno, .error.message, .error.command, .error.file]' <<<"$output")" \
		"[3,3,\"doctor\",null,null,null,null]
[4,1,null,\"EINVAL\",\"the name of a device is missing\",\"dev del\",\"$BATS_TEST_TMPDIR/batch\"]
[5,1,null,\"EINVAL\",\"unknown object \\\"nonsense\\\", expected: mgmtdev, dev, migration, monitor, doctor, apply, save, help\",null,\"$BATS_TEST_TMPDIR/batch\"]
[6,0,\"help\",null,null,null,null]"
}

@test "the status of a batch is the worst of its lines, and without -force the first failure ends it" {
	printf '%s\n' 'dev del' 'doctor root /nowhere' 'dev show help' >"$BATS_TEST_TMPDIR/batch"
	run -3 vdpa -f -b "$BATS_TEST_TMPDIR/batch"
	run -1 --separate-stderr vdpa -j -b "$BATS_TEST_TMPDIR/batch"
	assert_equal "$(jq -c 'map(.line)' <<<"$output")" '[1]'
}

@test "how many requests are under way is a number from 1 to 512, and goes with a batch" {
	for number in '' 0 513 -1 two 1.5; do
		usage_error "-parallel \"$number\" is not a number of requests from 1 to 512" -b x -parallel "$number"
	done
	usage_error 'the option -parallel goes with -batch' -parallel 4 dev show
	usage_error 'the option -force goes with -batch' -f dev show
	usage_error 'the option -parallel needs a number' -b x -parallel
}

@test "a batch that cannot be read is named" {
	run -1 vdpa -b "$BATS_TEST_TMPDIR/nowhere"
	assert_match "$output" 'nowhere: cannot be opened: No such file'
	run -1 vdpa -b /
	assert_match "$output" 'vdpa: /: reading failed: Is a directory'
	usage_error 'batch needs a FILE' -b
	usage_error '"dev" is one word too many' -b x dev show
}
