#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command, fuzzed for a moment, always in the same way: what comes as arguments, from the kernel and in files neither
# makes it break a promise (tests/fuzz/tool/world.h lists them) nor any rule of C, nor lose memory. "make fuzz-tool" does the
# same for longer, and from "make fuzz-tool SEED=…" another.

load ../lib/common

setup_file() { make -s -C "$VDPA_TOP" fuzz-programs; }

fuzz() { "$VDPA_TOP/tests/fuzz/tool/run" -seed=1 "$@"; }

# once TARGET FILE - runs one input, and shows what the command printed.
once() { FUZZ_SHOW=1 "$VDPA_TOP/build/fuzz/tool/$1" -artifact_prefix="$BATS_TEST_TMPDIR/" "$2"; }

found() { echo "$VDPA_TOP/tests/fuzz/tool/found/$1"; }

@test "no arguments make the command break a promise" { fuzz -runs=20000 arguments; }

@test "no reply of a kernel makes the command break a promise" { fuzz -runs=5000 replies; }

@test "no bytes from a socket make the command break a promise" { fuzz -runs=5000 stream; }

@test "no file makes the command break a promise" { fuzz -runs=10000 files; }

@test "a broken promise does not go unseen" {
	local seeds=$VDPA_TOP/tests/fuzz/tool/seeds

	for input in arguments/show arguments/suspend replies/dev-show replies/find files/two-states; do
		run -0 once "${input%/*}" "$seeds/$input"
		for promise in 'status|exit status' 'output|standard output' 'error|standard error' 'open|closed' \
			'sent|nothing is sent'; do
			FUZZ_TAMPER=${promise%|*} run once "${input%/*}" "$seeds/$input"
			[ "$status" -ne 0 ]
			grep -q "^broken promise: .*${promise#*|}" <<<"$output" || fail "unseen: $promise" "$output"
		done
		FUZZ_TAMPER=memory run once "${input%/*}" "$seeds/$input"
		[ "$status" -ne 0 ]
		assert_match "$output" 'LeakSanitizer: detected memory leaks'
	done
}

@test "the sanitizers see what is read behind a reply" {
	FUZZ_TAMPER=overread run once replies "$VDPA_TOP/tests/fuzz/tool/seeds/replies/dev-show"
	[ "$status" -ne 0 ]
	assert_match "$output" 'AddressSanitizer: use-after-poison'
}

# What was found, beside what the targets run anyway

@test "a kernel that refuses in bytes that are no text refuses" {
	run -0 once replies "$(found replies/refused-in-bytes)"
	assert_match "$output" '"candidates":\[\],"others":\[\{"dev":"n0","software_version":"2.0.1","unfit":"no\\\\xff"\}\]'
	run -0 once replies "$(found replies/check-refused-in-bytes)"
	assert_match "$output" '"compatible":false,"mismatches":\[\],"kernel":"no\\\\xff"'
}

@test "a plan has names that a shell and JSON give back as they are" {
	for name in $'n\xff' $'n\xc2\x9b'; do
		for way in '' -j; do
			run -1 --separate-stderr "$VDPA_TOOL" $way migration plan source /dev/null mgmtdev m0 name "$name"
			assert_match "$stderr" 'is not printable UTF-8'
			run -1 --separate-stderr "$VDPA_TOOL" $way migration plan source /dev/null mgmtdev "$name" name n1
			assert_match "$stderr" 'is not printable UTF-8'
		done
	done
}
